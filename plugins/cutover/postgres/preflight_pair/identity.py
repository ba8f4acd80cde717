"""By what a row is known to followers, with what the spec says about tables without a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cutover.postgres.preflight_pair.structure import Table

if TYPE_CHECKING:
    from cutover.postgres.preflight_pair.facts import Pair


def followed(table: Table, pair: Pair) -> bool:
    """Whether changes of this table of blue are carried at all."""
    if not table.travels:
        return False
    wish = pair.wish(table)
    without = wish.without_key if wish else None
    return without != "ignore" and (table.key is not None or full(table, pair))


def full(table: Table, pair: Pair) -> bool:
    """Whether its rows are known by all their columns while it is followed."""
    wish = pair.wish(table)
    return table.relation.identity == "f" or (wish is not None and wish.without_key == "full")


def sent(table: Table, pair: Pair) -> set[str] | None:
    """Return the columns that are sent with an UPDATE or DELETE of ``table``; None where there would be none."""
    if full(table, pair):
        return {column.name for column in table.columns if not column.generated}
    return set(table.key.columns) if table.key is not None else None
