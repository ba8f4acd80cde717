"""Who will notice something: one line for every object that rests on the tables, and for whoever subscribes to them."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.records import ForeignKey, View
from cutover.postgres.preflight.rule import size


def affected(facts: Facts) -> list[str]:
    """Return the lines, table by table."""
    return list(dict.fromkeys(line for table in facts.tables for line in _of(table)))


def _of(table: Table) -> Iterator[str]:
    anew = {follower.name for follower in table.trial.followers if follower.anew}
    yield from (_view(table, view, anew) for view in table.views)
    yield from (_key(table, key) for key in table.foreign_keys if not key.to_itself)
    for function in table.functions:
        if function.how == "body":
            yield f"Function {function.signature} reads {table.label}: defined again in the swap."
    for policy in table.outside_policies:
        where = f"{policy.schema}.{policy.relation}"
        yield f"Table {where}: its policy {policy.name} looks into {table.label}; locked in the swap."
    for publication in table.publications:
        yield f"Subscribers of publication {publication.name}: get {table.label} from the new table after the swap."


def _view(table: Table, view: View, anew: set[str]) -> str:
    label = f"{view.schema}.{view.name}"
    if view.kind == "m":
        return f"Materialized view {label} over {table.label}: built again before the swap ({size(view.bytes)})."
    if label in anew:
        return f"View {label} over {table.label}: dropped and created anew in the swap, its columns change."
    return f"View {label} over {table.label}: defined again in the swap."


def _key(table: Table, key: ForeignKey) -> str:
    if key.incoming:
        child = f"{key.child_schema}.{key.child}"
        return f"Table {child} refers to {table.label}: locked in the swap, its key is validated after it."
    return f"Table {key.parent_schema}.{key.parent}, to which {table.label} refers: locked in the swap."
