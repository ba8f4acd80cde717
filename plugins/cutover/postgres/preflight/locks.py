"""Which locks the swap will take, and on what: for the plan, and for whoever is asked to approve it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.gather import gather

if TYPE_CHECKING:
    from cutover.spec.models import Migration

STRONGEST = "ACCESS EXCLUSIVE"


@dataclass(frozen=True, slots=True)
class LockNeeded:
    """One lock of the swap's short transaction. ``why``: what is done to the object."""

    object: str
    mode: str
    why: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def required_locks(db: psycopg.Connection[Any], spec: Migration) -> list[LockNeeded]:
    """Return the locks that the swap takes, in the order in which it takes them.

    :raises SessionBusy: ``db`` is in a transaction.
    """
    return locks_of(gather(db, spec))


def locks_of(facts: Facts) -> list[LockNeeded]:
    """The same from facts that were gathered before."""
    reasons: dict[str, list[str]] = {}
    for name, why in _wanted(facts.tables):
        there = reasons.setdefault(name, [])
        if why not in there:
            there.append(why)
    return [LockNeeded(name, STRONGEST, "; ".join(why)) for name, why in reasons.items()]


def _wanted(tables: list[Table]) -> Iterator[tuple[str, str]]:
    """Views first, the outermost before those below: the order in which a query over them takes its locks."""
    views = {(v.depth, f"{v.schema}.{v.name}") for t in tables for v in t.views if v.kind == "v"}
    for _, name in sorted(views, reverse=True):
        yield name, "view, defined again over the new table"
    for table in tables:
        if table.ordinary:
            yield table.label, "exchanged with its shadow"
    for table in tables:
        yield from _around(table)


def _around(table: Table) -> Iterator[tuple[str, str]]:
    for key in table.foreign_keys:
        if key.to_itself:
            continue
        if key.incoming:
            yield f"{key.child_schema}.{key.child}", f"its foreign key {key.name} is pointed at the new {table.label}"
        else:
            yield f"{key.parent_schema}.{key.parent}", f"foreign key {key.name} of {table.label} refers to it"
    for parent in table.trial.new_parents:
        yield f"{parent.schema}.{parent.name}", f"a new foreign key of {table.label} refers to it"
    for policy in table.outside_policies:
        yield f"{policy.schema}.{policy.relation}", f"its policy {policy.name} looks into {table.label}"
    for view in table.views:
        if view.kind == "m" and view.direct:
            yield f"{view.schema}.{view.name}", "materialized view, exchanged with its copy over the new table"
