"""HTML that is escaped by construction: text becomes markup only through :func:`tag`."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from html import escape
from typing import Any

VOID = frozenset({"meta", "br", "hr", "col"})
# Anything that hides, reorders or breaks what follows it: a value must look like what it is.
_ODD = re.compile(r"[\x00-\x1f\x7f-\xa0\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, /, *children: Any, **attributes: str | None) -> Html:
    """Return an element. Children that are no :class:`Html` are escaped; ``class_`` is the attribute ``class``."""
    listed = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Html(f"<{name}{listed}>")
    return Html(f"<{name}{listed}>{join(children)}</{name}>")


def join(parts: Iterable[Any]) -> Html:
    """Put parts one after the other, escaped where they are no markup yet; lines of texts stay lines."""
    return Html("".join(part if isinstance(part, Html) else visible(str(part), keep="\n") for part in parts))


def visible(text: str, keep: str = "") -> Html:
    """Show text with its invisible characters named (a tab as ``\\t``, others as ``U+200B``)."""
    out, last = [], 0
    for match in _ODD.finditer(text):
        char = match.group()
        if char not in keep:
            shown = f'<span class="odd" title="{escape(_title(char))}">{_name(char)}</span>'
            out += [escape(text[last : match.start()]), shown]
            last = match.end()
    return Html("".join([*out, escape(text[last:])]))


def _name(char: str) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char, f"U+{ord(char):04X}")


def _title(char: str) -> str:
    return unicodedata.name(char, "control character").lower()


def value(text: Any) -> Html:
    """Show a value of a database: NULL apart from 'NULL', blanks and invisible characters to be seen."""
    if text is None:
        return tag("span", "NULL (no value)", class_="null")
    if text == "":
        return tag("span", "empty text", class_="null")
    shown = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False, default=str)
    return tag("code", visible(shown))


def table(head: Iterable[Any], rows: Iterable[Iterable[Any]], *, label: str, class_: str | None = None) -> Html:
    """Return a table that scrolls by itself and names itself to a screen reader."""
    header = tag("tr", *(tag("th", cell, scope="col") for cell in head))
    body = [tag("tr", *(tag("td", cell) for cell in row)) for row in rows]
    whole = tag("table", tag("caption", label), tag("thead", header), tag("tbody", *body), class_=class_)
    return tag("div", whole, class_="scroll", role="region", aria_label=label, tabindex="0")
