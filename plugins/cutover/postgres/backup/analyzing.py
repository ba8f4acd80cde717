"""ANALYZE everything, some tables at a time: without it the first queries after a restore would be planned blindly."""

from __future__ import annotations

from functools import partial

import psycopg
from psycopg import sql

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.postgres.backup.crew import together
from cutover.postgres.online.meter import Meter
from cutover.postgres.task import Task

STEP = "analyze"
ONLY_SINCE = 180000


def analyze(ctx: Task, info: ConnectionInfo, workers: int) -> None:
    """Analyze all tables and materialized views, the biggest first; a partitioned table comes after its parts."""
    with ctx.open(info, STEP) as db:
        found = db.execute(sqlfiles.text("dump/to_analyze")).fetchall()  # type: ignore[arg-type]
    meter = Meter(ctx, "restore", "analyze", len(found), unit="tables")
    for parents in (False, True):
        tables = [sql.Identifier(schema, name) for schema, name, kind, _ in found if (kind == "p") == parents]
        shares = [tables[n::workers] for n in range(max(1, min(workers, len(tables))))]
        together(ctx, [partial(_analyze, info, share, meter, parents) for share in shares if share], workers)
    meter.finish(len(found))


def _analyze(info: ConnectionInfo, tables: list[sql.Identifier], meter: Meter, parents: bool, task: Task) -> None:
    with task.open(info, STEP, lock_timeout="30s") as db:
        only = sql.SQL("ONLY " if parents and db.info.server_version >= ONLY_SINCE else "")
        for table in tables:
            try:
                db.execute(sql.SQL("ANALYZE {}{}").format(only, table))
            except psycopg.errors.UndefinedTable:  # nobody's loss
                continue
            meter.add(1)
