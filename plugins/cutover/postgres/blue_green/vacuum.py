"""ANALYZE and VACUUM of what was copied: plans that do not surprise, and index-only scans from the first query on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from psycopg import sql
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.context import Db, RunContext

STEP = "vacuum"
How = Literal["ANALYZE", "VACUUM"]


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or materialized view; ``kind`` as in pg_class."""

    schema: str
    name: str
    kind: str
    bytes: int


def run(ctx: RunContext, green: Db, how: How, tell: Callable[[int, int], None]) -> int:
    """Visit every table and materialized view of green, as many at a time as the spec has workers; returns how many.

    VACUUM leaves out partitioned tables, which have no rows of their own.

    :param tell: called with how many are done, and of how many.
    """
    with green.cursor(row_factory=class_row(Relation)) as cursor:
        found = cursor.execute(sqlfiles.text("dump/to_analyze")).fetchall()  # type: ignore[arg-type]
    parts = [relation for relation in found if relation.kind != "p"]
    whole = found[len(parts) :] if how == "ANALYZE" else []
    workers = ctx.spec.backfill.workers
    waiting, lock, done = list(reversed(parts)), threading.Lock(), 0

    def work() -> None:
        nonlocal done
        with ctx.target(STEP, synchronous_commit="off", maintenance_work_mem="256MB") as db:
            while True:
                with lock:
                    if not waiting:
                        return
                    relation = waiting.pop()
                ctx.cancel.check()
                db.execute(sql.SQL(how + " {}").format(sql.Identifier(relation.schema, relation.name)))
                with lock:
                    done += 1
                    now = done
                tell(now, len(parts) + len(whole))

    with ThreadPoolExecutor(max(1, min(workers, len(parts))), thread_name_prefix="cutover-vacuum") as pool:
        jobs = [pool.submit(work) for _ in range(max(1, min(workers, len(parts))))]
    for job in jobs:
        job.result()
    for relation in whole:
        ctx.cancel.check()
        green.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(relation.schema, relation.name)))
    tell(len(parts) + len(whole), len(parts) + len(whole))
    return len(parts) + len(whole)
