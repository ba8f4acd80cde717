"""Finalize: the window is over. Capture ends, the old table is archived or dropped, nothing else is left behind."""

from __future__ import annotations

from typing import Any, Literal

import psycopg
from psycopg import sql

from cutover.context import RunContext
from cutover.postgres.online import guard, remove, state
from cutover.postgres.online.names import Names
from cutover.postgres.online.state import Table
from cutover.postgres.online.steps.swap import NotReady


def finalize(ctx: RunContext, old_table: Literal["archive", "drop"] | None = None) -> dict[str, Any]:
    """Close the rollback window; a second call finds nothing to do.

    :param old_table: overrides the spec's ``old_table`` for all tables.
    :returns: ``{"archived": [names], "dropped": [names]}``.
    :raises NotReady: the run has not swapped; roll it back instead.
    """
    with guard.alone(ctx, "finalize") as db:
        tables = state.tables(db, ctx.run_id)
        waiting = [table.label for table in tables if table.live != "shadow"]
        if waiting:
            raise NotReady(
                f"run {ctx.run_id!r} cannot be finalized: {', '.join(waiting)} was not swapped.",
                fix=f"roll it back: python -m cutover rollback {ctx.run_id}",
            )
        for table in tables:
            remove.capture_off(ctx, db, table)
        archived, dropped = _old_tables(ctx, db, tables, old_table)
        for table in tables:
            _helper_index(db, table)
            remove.traces(db, table)
        number = ctx.journal.get_run(ctx.run_id).number
        remove.schemas(db, number)
        remove.forget(db, ctx.run_id)
    return {"archived": archived, "dropped": dropped}


def _old_tables(
    ctx: RunContext, db: psycopg.Connection[Any], tables: list[Table], wanted: str | None
) -> tuple[list[str], list[str]]:
    archived, dropped = [], []
    for schema in sorted({row for table in tables for row in remove.old_schemas(db, table.names.number)}):
        remove.matviews(db, schema)  # they rest on the old tables, and have their successors
    for table in tables:
        names = table.names
        if (wanted or ctx.spec.table(table.label).old_table) == "drop":
            db.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(names.old))
            dropped.append(table.label)
        else:
            archived.append(f"{names.archive_schema}.{names.table}")
    for names in {table.names.old_schema: table.names for table in tables}.values():
        _archive(db, names)
    return archived, dropped


def _archive(db: psycopg.Connection[Any], names: Names) -> None:
    """Keep what is left of the old schema under another name: indexes and all keep theirs, and nothing can clash."""
    with db.transaction():
        left = db.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = %s AND c.relkind = 'r'",
            (names.old_schema,),
        ).fetchone()
        if left and left[0]:
            db.execute(
                sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(
                    *map(sql.Identifier, (names.old_schema, names.archive_schema))
                )
            )


def _helper_index(db: psycopg.Connection[Any], table: Table) -> None:
    """Drop the index that only the drain needed."""
    names = table.names
    name = f"cutover_key_{names.number}_{names.ordinal}"
    db.execute(sql.SQL("DROP INDEX IF EXISTS {}").format(sql.Identifier(names.schema, name)))
