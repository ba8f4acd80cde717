"""The words of an SQL text, as PostgreSQL's lexer would cut it; enough of it to tell code from values."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A quote that is never closed takes the rest: what is not understood is held for a value.
_TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*)
    | (?P<dollar> \$(?:[A-Za-z_\x80-\U0010ffff][\w]*)?\$)
    | (?P<string> [eE]'(?:[^'\\]|\\.|'')*(?:'|\Z) | (?:[xXbBnN]|[uU]&)?'(?:[^']|'')*(?:'|\Z))
    | (?P<name> (?:[uU]&)?"(?:[^"]|"")*(?:"|\Z))
    | (?P<value> %(?:\(\w+\))?[sbt](?!\w) | \$\d+)
    | (?P<number> \d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?)
    | (?P<word> [A-Za-z_\x80-\U0010ffff][\w$]*)
    | (?P<space> \s+)
    | (?P<other> .)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_PART = re.compile(r"/\*|\*/")


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield ``(kind, text)``: string, dollar (a quoted body), name, value (a placeholder), number, word, space, other.

    Comments are gone; where one was there is a space.
    """
    at = 0
    while match := _TOKEN.match(text, at):
        kind, found = str(match.lastgroup), match.group()
        at = match.end()
        if kind == "comment":
            at = _comment_end(text, at) if found == "/*" else at
            yield "space", " "
        elif kind == "dollar":
            closing = text.find(found, at)
            end = len(text) if closing < 0 else closing + len(found)
            yield "dollar", found + text[at:end]
            at = end
        else:
            yield kind, found


def _comment_end(text: str, at: int) -> int:
    """Return where the comment ends that was opened before ``at``; comments nest."""
    depth = 1
    while depth:
        part = _COMMENT_PART.search(text, at)
        if part is None:
            return len(text)
        depth += 1 if part.group() == "/*" else -1
        at = part.end()
    return at
