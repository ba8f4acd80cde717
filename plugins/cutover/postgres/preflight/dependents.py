"""Try what will have to follow the new table: its views, materialized views and triggers, over the empty copy.

Their definitions leave out the live table's schema when it is on the search path; run with the copy's schema first,
they mean the copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from cutover import sqlfiles
from cutover.postgres.preflight.session import WAITED, problem
from cutover.postgres.preflight.trial import Follower

if TYPE_CHECKING:
    from cutover.postgres.preflight.facts import Table
    from cutover.postgres.preflight.records import View
    from cutover.postgres.preflight.rehearsal import Copy


def try_all(db: psycopg.Connection[Any], table: Table, copy: Copy) -> tuple[Follower, ...]:
    """Return how each direct view and each trigger fared, in the caller's transaction (to be rolled back)."""
    return (*_views(db, table, copy), *_triggers(db, table, copy))


def _views(db: psycopg.Connection[Any], table: Table, copy: Copy) -> Iterator[Follower]:
    for number, view in enumerate(view for view in table.views if view.direct):
        label = f"{view.schema}.{view.name}"
        try:
            with db.transaction():
                kept = _view_keeps_its_columns(db, copy, view, f"cutover_view_{number}")
            yield Follower("view" if view.kind == "v" else "materialized view", label, None, not kept)
        except WAITED:
            raise
        except psycopg.Error as error:
            yield Follower("view" if view.kind == "v" else "materialized view", label, problem(error))


def _view_keeps_its_columns(db: psycopg.Connection[Any], copy: Copy, view: View, name: str) -> bool:
    _path(db, copy.names.schema)
    row = db.execute("SELECT pg_get_viewdef(%s::oid)", (view.oid,)).fetchone()
    assert row is not None
    target = sql.Identifier(copy.names.new_schema, name)
    _path(db, copy.names.new_schema, copy.names.schema)
    db.execute(sql.SQL("CREATE VIEW {} AS {}").format(target, sql.SQL(row[0].rstrip().rstrip(";"))))
    _path(db, "pg_catalog")
    columns = sqlfiles.text("preflight/output_columns")
    there = db.execute(columns, {"relation": view.oid}).fetchall()  # type: ignore[arg-type]
    oid = db.execute("SELECT %s::regclass::oid", (target.as_string(db),)).fetchone()
    assert oid is not None
    return there == db.execute(columns, {"relation": oid[0]}).fetchall()  # type: ignore[arg-type]


def _triggers(db: psycopg.Connection[Any], table: Table, copy: Copy) -> Iterator[Follower]:
    for trigger in table.triggers:
        # One that names a second table would lock it; one without the right to its function has a rule of its own.
        if trigger.tied or not trigger.executable or trigger.function_schema == "cutover":
            continue
        try:
            with db.transaction():
                _create_trigger(db, copy, trigger.oid)
        except WAITED:
            raise
        except psycopg.Error as error:
            yield Follower("trigger", trigger.name, problem(error))


def _create_trigger(db: psycopg.Connection[Any], copy: Copy, oid: int) -> None:
    _path(db, copy.names.schema)
    row = db.execute("SELECT pg_get_triggerdef(%s::oid, true)", (oid,)).fetchone()
    assert row is not None
    _path(db, copy.names.new_schema, copy.names.schema)
    db.execute(row[0])
    _path(db, "pg_catalog")


def _path(db: psycopg.Connection[Any], *schemas: str) -> None:
    db.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.SQL(", ").join(map(sql.Identifier, schemas))))
