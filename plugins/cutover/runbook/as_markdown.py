"""A page as Markdown (CommonMark with tables): every text comes back as it was, whatever it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cutover.runbook import page
from cutover.runbook.page import Block, Page, Part, Text

# An underscore within a word is nothing special, and names are full of them.
_SPECIAL = re.compile(r"[\\`*\[\]|~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
# Only at the beginning of a block, or, of a heading, at its end.
_AT_ENDS = re.compile(r"^(?=[#+=-])|^\d{1,9}(?=[.)](?:\s|$))|(?<=\s)(?=#+$)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_DEEPEST = 6


def to_markdown(document: Page) -> str:
    """Return the document as Markdown."""
    lines = [f"# {escape(document.title)}", "", f"*{escape(document.note)}*", ""]
    lines += [line for block in document.blocks for line in _block(block, 2)]
    return "\n".join(lines).rstrip() + "\n"


def escape(text: str) -> str:
    """Make a text mean itself in Markdown; line breaks become blanks."""
    flat = " ".join(text.split())
    safe = "".join(_ENTITIES.get(char, char) for char in _SPECIAL.sub(r"\\\g<0>", flat))
    return _AT_ENDS.sub(r"\g<0>\\", safe)


def code(text: str, *, in_table: bool = False) -> str:
    """Return inline code; backticks in it are kept."""
    flat = " ".join(text.split())
    if not flat:
        return ""
    longest = max((len(run) for run in re.findall("`+", flat)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat.replace('|', chr(92) + '|') if in_table else flat}{pad}{fence}"


def _text(text: Text, *, in_table: bool = False) -> str:
    return "".join(_part(part, in_table) for part in page.parts(text))


def _part(part: Part, in_table: bool) -> str:
    match part:
        case page.Code(text):
            return code(text, in_table=in_table)
        case page.Strong(text):
            return f"**{escape(text)}**" if text.strip() else ""
        case page.Link(text, url):
            address = re.sub(r"[\s<>()\\|]", lambda found: f"%{ord(found.group()):02X}", url)
            return f"[{escape(text)}]({address})" if part.safe else escape(text)
        case _:
            # Blanks between the parts of a text are kept.
            before, after = part[:1].isspace(), part[-1:].isspace()
            return " " * before + escape(part) + " " * (after and bool(part.strip()))


def _block(block: Block, level: int) -> Iterator[str]:
    if isinstance(block, page.Section | page.Folded):
        title = block.title if isinstance(block, page.Section) else block.summary
        yield from (f"{'#' * min(level, _DEEPEST)} {escape(title)}", "")
        for inner in block.blocks:
            yield from _block(inner, level + 1)
    else:
        yield from _lines(block)
        yield ""


def _lines(block: Block) -> Iterator[str]:
    match block:
        case page.Verdict(_, text):
            yield f"> **{escape(text)}**"
        case page.Paragraph(text):
            yield _text(text)
        case page.Facts(pairs):
            yield from (f"- {escape(name)}: {_text(value)}" for name, value in pairs)
        case page.Items(items):
            yield from (f"- {_text(item)}" for item in items)
        case page.Blanks(prompts):
            yield from (f"- [ ] **{escape(name)}** {escape(hint)}" for name, hint in prompts)
        case page.Listing(text, language):
            yield from _listing(text, language)
        case page.Table(_, head, rows):
            yield _row(head)
            yield "|" + "---|" * len(head)
            yield from (_row(row) for row in rows)


def _row(cells: tuple[Text, ...]) -> str:
    return "| " + " | ".join(_text(cell, in_table=True) for cell in cells) + " |"


def _listing(text: str, language: str) -> Iterator[str]:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield text
    yield fence
