"""What the exchange of one table has to move, gathered under the lock, while names still mean the live side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from cutover.postgres.online import catalog, foreign_keys, matviews, sequences, triggers
from cutover.postgres.online.foreign_keys import ForeignKey
from cutover.postgres.online.matviews import Matview
from cutover.postgres.online.sequences import Sequence
from cutover.postgres.online.state import Table


@dataclass(frozen=True, slots=True)
class Parts:
    """One table's relations, keys, triggers and dependents."""

    table: Table
    live: int
    follower: int
    out: list[ForeignKey]
    into: list[ForeignKey]
    triggers: list[dict[str, Any]]
    sequences: list[Sequence]
    matviews: list[Matview]
    bodies: list[str]
    statistics: list[str]

    @property
    def follower_home(self) -> str:
        """The schema in which the follower waits now."""
        return self.table.names.new_schema if self.table.live == "original" else self.table.names.old_schema

    @property
    def live_goes_to(self) -> str:
        """The schema to which the live table goes."""
        return self.table.names.old_schema if self.table.live == "original" else self.table.names.new_schema

    def carriers(self) -> dict[str, str]:
        """The follower's column for each column of the live table that it was made from."""
        return {
            pair.source: pair.column
            for pair in self.table.design.pairs(self.table.live)
            if pair.kind in ("copy", "cast") and pair.source
        }


def sides(table: Table) -> tuple[int, int]:
    """The oids of the live side and of the follower."""
    return (table.original, table.shadow) if table.live == "original" else (table.shadow, table.original)


def gather(db: psycopg.Connection[Any], table: Table, exchanged: set[int]) -> Parts:
    """Read what is to be moved.

    :param exchanged: the live oids of all tables that are exchanged together.
    """
    live, follower = sides(table)
    names = table.names
    goes_to = names.old_schema if table.live == "original" else names.new_schema
    return Parts(
        table=table,
        live=live,
        follower=follower,
        out=foreign_keys.outgoing(db, live, names.schema, names.table),
        into=foreign_keys.incoming(db, live, exchanged),
        triggers=triggers.gather(db, live),
        sequences=sequences.gather(db, live),
        matviews=matviews.gather(db, table, live),
        bodies=catalog.statements(db, "bodies", table=live, follower_schema=goes_to),
        statistics=statistics(db, live, names.schema),
    )


def statistics(db: psycopg.Connection[Any], table: int, schema: str) -> list[str]:
    return [
        row[0]
        for row in db.execute(
            "SELECT stxname FROM pg_statistic_ext WHERE stxrelid = %s AND stxnamespace ="
            " (SELECT oid FROM pg_namespace WHERE nspname = %s) ORDER BY stxname",
            (table, schema),
        )
    ]


def to_lock(db: psycopg.Connection[Any], tables: list[Table]) -> dict[int, sql.Identifier]:
    """Return every table that the exchange changes: the sides, both ends of foreign keys, tables of policies."""
    found: dict[int, sql.Identifier] = {}
    for table in tables:
        live, follower = sides(table)
        for oid in (live, follower):
            place = catalog.place(db, oid)
            if place:
                found[oid] = sql.Identifier(*place)
        for row in catalog.rows(db, "foreign_keys_in", table=live):
            found[row["child"]] = sql.Identifier(row["child_schema"], row["child_name"])
        for row in catalog.rows(db, "foreign_keys_out", table=live):
            found[row["parent"]] = sql.Identifier(row["parent_schema"], row["parent_name"])
        for row in catalog.rows(db, "policy_tables", table=live):
            found[row["oid"]] = sql.Identifier(row["schema"], row["name"])
    return found
