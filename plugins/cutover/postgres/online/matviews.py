"""Materialized views that read the table: built once more over the shadow, and exchanged with it.

The copy is made before the swap, so the swap does not wait for a query over the whole table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.online import catalog
from cutover.postgres.online.names import Names
from cutover.postgres.online.shadow import build_index
from cutover.postgres.online.state import Table


class MatviewInTheWay(CutoverError):
    """A materialized view cannot be built over the shadow table."""

    code = "ONL041"


@dataclass(frozen=True, slots=True)
class Matview:
    """A materialized view over the live table, with the schemas between which it is exchanged."""

    oid: int
    names: Names

    @property
    def identifier(self) -> sql.Identifier:
        return self.names.live


def gather(db: psycopg.Connection[Any], table: Table, live: int) -> list[Matview]:
    """Return the materialized views that read the live table directly."""
    return [
        Matview(row["oid"], Names(table.names.number, 0, row["schema"], row["name"]))
        for row in catalog.rows(db, "matviews", table=live)
    ]


def prebuild(ctx: RunContext, db: psycopg.Connection[Any], table: Table) -> None:
    """Build the copies over the shadow; a second call builds what is missing."""
    names = table.names
    with db.transaction():
        _path(db, names.schema)
        for view in catalog.rows(db, "matviews", table=table.original):
            copy = Names(names.number, 0, view["schema"], view["name"])
            there = db.execute("SELECT to_regclass(%s) IS NOT NULL", (copy.shadow.as_string(db),)).fetchone()
            if not (there and there[0]):
                ctx.log.info("building materialized view %s.%s over the shadow", view["schema"], view["name"])
                _build(db, table, view, copy)


def _build(db: psycopg.Connection[Any], table: Table, view: dict[str, Any], copy: Names) -> None:
    # A definition leaves out the schemas that are on the path when it is read; what it then means is decided by the
    # path on which it is run.
    _path(db, copy.schema)
    indexes = catalog.rows(db, "indexes", table=view["oid"])
    data = sql.SQL("WITH DATA" if view["populated"] else "WITH NO DATA")
    query = sql.SQL(view["definition"].rstrip().rstrip(";"))
    schema = sql.Identifier(copy.new_schema)
    try:
        db.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
        db.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA {} TO {}").format(schema, sql.Identifier(view["owner"])))
        _path(db, table.names.new_schema, table.names.schema)
        db.execute(sql.SQL("CREATE MATERIALIZED VIEW {} AS {} {}").format(copy.shadow, query, data))
        _path(db, copy.new_schema, copy.schema)
        for item in indexes:
            build_index(db, copy.shadow, item)
        _path(db, "pg_catalog")
        dress = catalog.statements(db, "matview_dress", view=view["oid"], schema=copy.new_schema, copy=copy.table)
        catalog.run_all(db, dress)
    except psycopg.Error as error:
        raise _in_the_way(view, str(error.diag.message_primary or error)) from error
    built = catalog.rows(db, "matviews", table=table.original)
    if any(row["schema"] == copy.new_schema and row["name"] == copy.table for row in built):
        raise _in_the_way(view, "its definition still means the live table")
    _path(db, table.names.schema)


def _path(db: psycopg.Connection[Any], *schemas: str) -> None:
    db.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.SQL(", ").join(map(sql.Identifier, schemas))))


def _in_the_way(view: dict[str, Any], why: str) -> MatviewInTheWay:
    return MatviewInTheWay(
        f"materialized view {view['schema']}.{view['name']} cannot be built over the shadow table: {why}.",
        fix=f"DROP MATERIALIZED VIEW {view['schema']}.{view['name']}, and create it again after the swap.",
    )
