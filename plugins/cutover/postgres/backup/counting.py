"""Count what was restored, and hold it against what the rollback point says of itself."""

from __future__ import annotations

import psycopg
from psycopg import sql

from cutover.connections import ConnectionInfo
from cutover.errors import CutoverError
from cutover.postgres.backup.manifest import Manifest
from cutover.postgres.task import Task

SHOWN = 5


class RowsMissing(CutoverError):
    """What was restored has not the rows that the rollback point says."""

    code = "BAK026"


def counted(ctx: Task, info: ConnectionInfo, manifest: Manifest) -> None:
    """:raises RowsMissing: naming the tables that have other rows than the manifest says."""
    found = differences(ctx, info, manifest)
    if found:
        more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise RowsMissing(
            f"{info.label()} is not what rollback point {manifest.name} says: {'; '.join(found[:SHOWN])}{more}.",
            fix="see that nobody else writes to that database, and restore into a new one.",
        )


def differences(ctx: Task, info: ConnectionInfo, manifest: Manifest) -> list[str]:
    """Return what is not as the manifest says, a few words for each table; every row is counted."""
    found = []
    with ctx.open(info, "restore-count") as db:
        for table in manifest.tables:
            name = f"{table.schema}.{table.name}"
            relation = sql.Identifier(table.schema, table.name)
            try:
                row = db.execute(sql.SQL("SELECT count(*) FROM ONLY {}").format(relation)).fetchone()
            except psycopg.errors.UndefinedTable:
                found.append(f"{name} is missing")
                continue
            assert row is not None, "an aggregate has one row"
            if row[0] != table.rows:
                found.append(f"{name} has {row[0]:,} rows instead of {table.rows:,}")
    return found
