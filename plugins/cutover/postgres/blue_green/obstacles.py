"""What keeps a table's rows from travelling, or from coming back, each said with what mends it."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.blue_green.mapped import Table
from cutover.postgres.blue_green.tables import TableMap


def find(table: TableMap, blue: Table, green: Table, *, followed: bool = True) -> list[str]:
    """Return one line for each obstacle; ``blue`` and ``green`` are the table as either side has it.

    :param followed: rows follow, there and back; otherwise they are copied once, and nothing comes back.
    """
    found = [*_expressions(table, blue, green), *_new_columns(table, blue, green)]
    if followed:
        found += _old_columns(table, blue)
    if followed and table.followed:
        found += _identifying(table, green)
    return [f"{table.label}: {line}" for line in found]


def _expressions(table: TableMap, blue: Table, green: Table) -> Iterator[str]:
    for name in table.forward:
        there = green.column(name)
        if there is None or there.generated:
            yield f"columns: green has no column {name} that can be filled: correct columns:, or schema: up."
    for name in table.back:
        there = blue.column(name)
        if there is None or there.generated:
            yield f"reverse: blue has no column {name} that can be filled: correct reverse:."


def _new_columns(table: TableMap, blue: Table, green: Table) -> Iterator[str]:
    for column in green.columns:
        if column.generated or column.name in table.shared or column.name in table.forward:
            continue
        if blue.column(column.name) is not None:
            yield f"column {column.name} is generated on blue only, so it does not travel: say it in columns:."
        elif column.not_null and not column.fills_itself:
            yield f"new column {column.name} is NOT NULL without a default: give it one, or an expression in columns:."


def _old_columns(table: TableMap, blue: Table) -> Iterator[str]:
    for column in blue.columns:
        lost = not column.generated and column.name not in table.shared and column.name not in table.back
        if lost and column.not_null and not column.fills_itself:
            yield (
                f"column {column.name} is NOT NULL on blue without a default, so rows written on green could not come"
                " back: give it an expression in reverse:."
            )


def _identifying(table: TableMap, green: Table) -> Iterator[str]:
    """Whatever tells rows apart has to travel: the key, or else every column."""
    if table.identity != "full":
        lost = [name for name in table.key if name not in table.shared]
        if lost:
            yield f"{', '.join(lost)} tells its rows apart and has to be on both sides, unchanged."
        return
    new = [column.name for column in green.columns if not column.generated and column.name not in table.shared]
    old = [name for name in table.columns if name not in table.shared]
    if new or old:
        yield (
            f"with REPLICA IDENTITY FULL all columns tell rows apart, so none may be new or missing on green"
            f" ({', '.join([*new, *old])}): give it a key first, or say without_key: ignore."
        )
