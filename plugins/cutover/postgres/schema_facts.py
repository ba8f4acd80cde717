"""A schema as facts, and what two sets of facts differ in, in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from cutover import sqlfiles
from cutover.context import Db

# (kind, name) -> what is to be known of it, as one line of text
Facts = Mapping[tuple[str, str], str]
SHOWN = 160
INVALID = " INVALID"
# `(ARRAY[a, b])::text[]` is read back as `ARRAY[(a)::text, (b)::text]`: a dump and restore changes how a condition is
# written, once, but not what it says.
CAST_ARRAY = re.compile(r"\(ARRAY\[((?:[^\[\]']|'(?:[^']|'')*')*)\]\)::([a-z_ .\"0-9()]+?)\[\]")
ELEMENT = re.compile(r"((?:[^,']|'(?:[^']|'')*')+)(?:, )?")


def gather(db: Db) -> dict[tuple[str, str], str]:
    """Read the facts of a database in one statement, so in one snapshot; a thousand tables take a fifth of a second."""
    rows = db.execute(sqlfiles.text("dump/schema_facts")).fetchall()  # type: ignore[arg-type]
    return {(kind, name): fact for kind, name, fact in rows}


def differences(
    before: Facts,
    after: Facts,
    *,
    words: tuple[str, str] = ("is gone", "is new"),
    alike: Callable[[str, str], bool] = str.__eq__,
) -> list[str]:
    """Name each difference in one line, in the order of their names.

    :param words: for what only ``before`` has, and for what only ``after`` has.
    """
    found = []
    for key in sorted({*before, *after}, key=lambda key: (key[1], key[0])):
        one, other = before.get(key), after.get(key)
        what = " ".join(key)
        if one is None:
            found.append(f"{what} {words[1]}")
        elif other is None:
            found.append(f"{what} {words[0]}")
        elif not alike(one, other):
            found.append(f"{what}: {_changed(one, other)}")
    return found


def alike(one: str, other: str) -> bool:
    """Tell whether two facts say the same, one of them perhaps dumped and restored once more than the other."""
    return one == other or settled(one) == settled(other)


def settled(fact: str) -> str:
    """Return a fact as a dump and restore would leave it."""

    def pushed(match: re.Match[str]) -> str:
        inside, kind = match.groups()
        return f"ARRAY[{', '.join(f'({one.strip()})::{kind}' for one in ELEMENT.findall(inside))}]"

    return CAST_ARRAY.sub(pushed, fact)


def _changed(one: str, other: str) -> str:
    """Show both facts from where they begin to differ, and a little before that."""
    same = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    begin = max(0, one.rfind(" ", 0, max(0, same - 20)) + 1) if len(one) > SHOWN or len(other) > SHOWN else 0
    return f"{_short(one[begin:])} -> {_short(other[begin:])}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return (line if len(line) <= SHOWN else line[: SHOWN - 1] + "\u2026") or "nothing"
