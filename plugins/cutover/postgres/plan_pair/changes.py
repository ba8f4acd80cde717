"""What is another one on green, as the trial of ``schema: up:`` has shown, and what becomes of it on the way back."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.plan_pair.model import PairChange
from cutover.postgres.preflight_pair.differences import new_checks, new_foreign_keys, new_uniques
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.structure import Column, Table

NONE = "-"


def changes(pair: Pair) -> list[PairChange]:
    """Return the differences between blue and the design; nothing where the design is not known."""
    return list(_all(pair)) if pair.survival.known else []


def _all(pair: Pair) -> Iterator[PairChange]:
    before, after = pair.blue.structure.tables, pair.survival.after.tables
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            there = ".".join(pair.survival.renamed[name]) if name in pair.survival.renamed else "dropped"
            yield PairChange(old.label, "table", there, "stays as it is at the cutover")
        else:
            yield from _table(old, new, pair)
    for name, new in after.items():
        if name not in before and name not in pair.survival.renamed.values():
            yield PairChange(new.label, NONE, "new table", "its rows stay on green")


def _table(old: Table, new: Table, pair: Pair) -> Iterator[PairChange]:
    wish = pair.wish(old)
    forward, back = (wish.columns, wish.reverse) if wish else ({}, {})
    for column in old.columns:
        other, name = new.column(column.name), f"{old.label}.{column.name}"
        if other is None:
            gets = back.get(column.name) or column.default or "NULL in new rows"
            yield PairChange(name, _shown(column), "dropped", gets)
        elif _shown(column) != _shown(other):
            computed = forward.get(column.name)
            there = f"{_shown(other)} := {computed}" if computed else _shown(other)
            yield PairChange(name, _shown(column), there, back.get(column.name) or f"read as {column.type}")
    for column in new.columns:
        if old.column(column.name) is None:
            filled = forward.get(column.name)
            how = f" := {filled}" if filled else f" default {column.default}" if column.default else ""
            there = f"{_shown(column)}{'' if column.generated else how}"
            yield PairChange(f"{old.label}.{column.name}", NONE, there, "stays on green")
    for constraint in [*new_checks(old, new), *new_foreign_keys(old, new)]:
        yield PairChange(old.label, NONE, f"{constraint.name} {constraint.definition}", NONE)
    for index in new_uniques(old, new):
        yield PairChange(old.label, NONE, index.definition, NONE)


def _shown(column: Column) -> str:
    parts = [column.type]
    if column.not_null:
        parts.append("NOT NULL")
    if column.generated:
        parts.append(f"generated as {column.default}")
    elif column.identity:
        parts.append("identity")
    return " ".join(parts)
