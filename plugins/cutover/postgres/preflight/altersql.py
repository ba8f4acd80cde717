"""The spec's ``alter`` before anything runs it: whether it speaks of the shadow alone, and without its foreign keys.

``alter`` runs with the shadow's schema first on the search path, then the live table's; a name that the shadow does
not have would mean a live object. Creating a foreign key locks the table that it refers to, preflight locks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import postgast

from cutover.postgres.preflight import alterkeys
from cutover.postgres.preflight.trial import Refusal
from cutover.spec import alterations


@dataclass(slots=True)
class Reading:
    """:param runnable: the text without its foreign keys, to be tried; :param exact: it is the text itself."""

    runnable: str = ""
    exact: bool = True
    refusals: tuple[Refusal, ...] = ()
    added_keys: list[alterkeys.AddedKey] = field(default_factory=list)


def read(text: str, table: str, foreign_keys: Iterable[str] = ()) -> Reading:
    """Judge ``text`` for ``table`` (``schema.table``), and take out what names foreign keys, new or existing ones."""
    if not text.strip():
        return Reading()
    lines = text.splitlines()
    refusals = tuple(
        Refusal(fault.line or 1, lines[min((fault.line or 1), len(lines)) - 1].strip()[:80], fault.message, fault.fix)
        for fault in alterations.faults(text, table)
    )
    if refusals:
        return Reading(refusals=refusals)
    tree = postgast.parse(text)
    changed, added = alterkeys.take_out(tree, foreign_keys)
    if not changed:
        return Reading(runnable=text)
    return Reading(postgast.deparse(tree) if tree.stmts else "", False, (), added)


def place(text: str, character: int) -> str:
    """Return ``line 3: ALTER TABLE ...`` for a character offset."""
    line = text[:character].count("\n") + 1
    lines = text.splitlines() or [""]
    return f"line {line}: {lines[min(line, len(lines)) - 1].strip()[:80]}"
