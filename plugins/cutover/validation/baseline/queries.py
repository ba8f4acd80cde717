"""The baseline queries of a migration, split and named."""

from __future__ import annotations

import re
from dataclasses import dataclass

import postgast

NAMED = re.compile(r"--\s*name:\s*(\S.*?)\s*$", re.MULTILINE)
LENGTH = 60


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT. ``name`` is what a comment ``-- name: ...`` before it says, or its beginning."""

    name: str
    text: str


def split(text: str) -> list[Query]:
    """Split a file of SELECTs; two of the same name get numbers."""
    found: list[Query] = []
    start = 0
    for piece in postgast.split(text):
        # A piece begins after the comments that stand before it.
        before = text[start : text.index(piece, start)]
        start += len(before) + len(piece)
        statement = piece.strip().rstrip(";").strip()
        if statement:
            found.append(Query(_unique(_name(before, statement), {query.name for query in found}), statement))
    return found


def _name(before: str, statement: str) -> str:
    named = NAMED.findall(before) or NAMED.findall(statement)
    if named:
        return str(named[-1])
    plain = " ".join(re.sub(r"--[^\n]*", " ", statement).split())
    return plain if len(plain) <= LENGTH else f"{plain[:LENGTH]}…"


def _unique(name: str, taken: set[str]) -> str:
    number, wanted = 1, name
    while name in taken:
        number += 1
        name = f"{wanted} ({number})"
    return name
