"""The column table of a plan: where each new column comes from, and how it goes back."""

from __future__ import annotations

from cutover.postgres.plan.model import Change
from cutover.postgres.preflight import expressions
from cutover.postgres.preflight.facts import Table
from cutover.postgres.preflight.trial import Filling


def changes(table: Table) -> tuple[list[Change], int]:
    """Return the columns that change, and how many are copied as they are."""
    back = _ways_back(table.trial.reverse)
    found, unchanged = [], 0
    for filling in table.trial.forward:
        if filling.kind == "copy" and filling.source == filling.column:
            unchanged += 1
        else:
            found.append(Change(filling.column, filling.type, _source(filling), back.get(filling.column)))
    generated = {column.name for column in table.columns if column.generated}
    unchanged += len(generated & set(table.trial.shadow_columns))
    return found + _gone(table), unchanged


def _ways_back(reverse: tuple[Filling, ...]) -> dict[str, str]:
    """How each new column goes back, by its name."""
    ways = {}
    for filling in reverse:
        if filling.kind in ("copy", "cast") and filling.source:
            cast = f" as {filling.type}" if filling.kind == "cast" else ""
            ways[filling.source] = f"to {filling.column}{cast}"
        for name in expressions.columns(filling.source or "") if filling.kind == "expression" else ():
            ways[name] = ", ".join(filter(None, (ways.get(name), f"into {filling.column}")))
    return ways


def _source(filling: Filling) -> str:
    if filling.kind == "expression":
        return filling.source or ""
    if filling.kind == "cast":
        return f"{filling.source} ({filling.source_type})"
    if filling.kind == "copy":
        return f"{filling.source} (renamed)"
    return f"its default {filling.default}" if filling.default else "empty (NULL)"


def _gone(table: Table) -> list[Change]:
    """Old columns that no new column carries on."""
    carried = {filling.source for filling in table.trial.forward if filling.kind in ("copy", "cast")}
    found = []
    for filling in table.trial.reverse:
        if filling.column in carried:
            continue
        back = filling.source if filling.kind == "expression" else None
        found.append(Change(None, filling.type, filling.column, back))
    return found


def kept(table: Table) -> list[str]:
    """Old columns that rows written after the swap leave empty on the way back."""
    return [filling.column for filling in table.trial.reverse if filling.kind == "keep"]
