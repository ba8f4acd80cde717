"""The spec's ``alter`` before anything runs it: whether it speaks of the shadow alone, and without its foreign keys.

``alter`` runs with the shadow's schema first on the search path, then the live table's; a name that the shadow does
not have would mean a live object. Creating a foreign key locks the table that it refers to, preflight locks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import postgast

from cutover.postgres.preflight import alterkeys
from cutover.postgres.preflight.trial import Refusal
from cutover.spec import alterations


@dataclass(slots=True)
class Reading:
    """:param runnable: the text without its foreign keys, to be tried; :param exact: it is the text itself.

    :param names_a_key: a foreign key's name is a word of it all the same; building the copy would then create
        that key, and lock the table that it refers to.
    """

    runnable: str = ""
    exact: bool = True
    refusals: tuple[Refusal, ...] = ()
    added_keys: list[alterkeys.AddedKey] = field(default_factory=list)
    names_a_key: bool = False


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
    names = frozenset(foreign_keys)
    tree = postgast.parse(text)
    changed, added = alterkeys.take_out(tree, names)
    if not changed and not names & _words(text):
        return Reading(runnable=text)
    # Written out anew, it is also without comments, in which a foreign key may be named.
    runnable = postgast.deparse(tree) if tree.stmts else ""
    return Reading(runnable, False, (), added, bool(names & _words(runnable)))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def place(text: str, character: int) -> str:
    """Return ``line 3: ALTER TABLE ...`` for a character offset."""
    line = text[:character].count("\n") + 1
    lines = text.splitlines() or [""]
    return f"line {line}: {lines[min(line, len(lines)) - 1].strip()[:80]}"
