"""The migration in the live database itself: all of its SQL in one transaction, behind closed doors.

The fence is lowered and raised again within that transaction, which has every table locked against writers meanwhile.
So nobody else ever sees it lowered, and there is no setting or role by which an application could get round it. What
fails takes everything back, the fence's lowering too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import postgast
import psycopg
from psycopg import sql

from cutover import points, sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green import fence, state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.stop_the_world import callers
from cutover.postgres.stop_the_world.errors import NotReady, UpFailed

STEP = "migrate"
# The doors are closed and sessions were ended: who comes in the way now is a stray one, and is ended.
LOOK = 0.5
LOCK_MS = 30_000
SHOWN = 100
BLOCKING = "SELECT pid FROM unnest(pg_blocking_pids(%s)) AS b (pid)"


def run(ctx: RunContext, ends: Ends) -> dict[str, Any]:
    """Run ``schema: up``, then ANALYZE what it has changed.

    :returns: ``{"statements", "seconds", "changed": {table: {"inserted", "deleted", "new_file"}}, "analyzed"}``.
    :raises UpFailed: naming the statement; nothing has changed.
    :raises NotReady: there is no rollback point to go back to.
    """
    with ends.open("blue", STEP, idle_in_transaction_session_timeout="0") as db:
        side = state.find(db, ctx.run_id)
        if side is None or not side.detail.get("saved"):
            raise NotReady(
                f"run {ctx.run_id!r} has no rollback point from behind the closed doors, so there is no way back.",
                fix="run the step save first.",
            )
        figures = dict(side.detail.get("migrated") or {}) or _migrate(ctx, ends, db)
        points.reach("stw.migrate.committed")
        if figures.get("analyzed") is None:
            figures["analyzed"] = _analyze(ctx, db, list(figures["changed"]))
            state.put(db, ctx.run_id, migrated=figures)
    return figures


def _migrate(ctx: RunContext, ends: Ends, db: Db) -> dict[str, Any]:
    began, before = time.monotonic(), _files(db)
    statements = postgast.split(ctx.spec.up_sql or "")
    with _kept_clear(ctx, ends, db), db.transaction():
        _lower(ctx, ends, db)
        points.reach("stw.migrate.lowered")
        for number, text in enumerate(statements, 1):
            _statement(ctx, db, text, number, len(statements))
        points.reach("stw.migrate.ran")
        # What is checked at the end of a transaction is checked now: no table may be altered while that is to come.
        _checked(db, "SET CONSTRAINTS ALL IMMEDIATE", "a constraint that is checked at the end")
        figures = {
            "statements": len(statements),
            "seconds": round(time.monotonic() - began, 3),
            "changed": _changed(db, before),
        }
        _raise(ends, db)
        state.put(db, ctx.run_id, migrated=figures)
        points.reach("stw.migrate.committing")
    return figures


def _lower(ctx: RunContext, ends: Ends, db: Db) -> None:
    row = db.execute("SELECT live FROM cutover_sync.run WHERE run_id = %s FOR UPDATE", (ctx.run_id,)).fetchone()
    if row is None or row[0]:
        raise NotReady(f"run {ctx.run_id!r}: the doors are open again.", fix="close them first.")
    fence.lower(db, ends.names, [table for table in fence.look(db, ends.names) if table.mode is not None], LOCK_MS)
    db.execute("SET LOCAL lock_timeout = 0")  # nobody is there to be kept waiting
    db.execute("SET LOCAL search_path = public")


def _raise(ends: Ends, db: Db) -> None:
    """Every table that there is now refuses writes until the doors open, new ones too."""
    db.execute("SET LOCAL search_path = pg_catalog")
    tables = fence.look(db, ends.names)
    for table in (table for table in tables if table.mode is None):
        fence.put(db, ends.names, table, tight=True)
    fence.raise_up(db, ends.names, [table for table in tables if table.mode is not None], LOCK_MS, tight=True)


def _statement(ctx: RunContext, db: Db, text: str, number: int, count: int) -> None:
    shown, began = " ".join(text.split())[:SHOWN], time.monotonic()
    ctx.log.info("statement %d of %d: %s", number, count, shown)
    ctx.journal.progress(ctx.run_id, STEP, "statements", number - 1, count, note=shown)
    _checked(db, text, f"statement {number}, {shown!r}")
    ctx.log.info("statement %d of %d took %.3f s", number, count, time.monotonic() - began)
    ctx.journal.progress(ctx.run_id, STEP, "statements", number, count)


def _checked(db: Db, text: str, what: str) -> None:
    try:
        db.execute(text.encode())
    except psycopg.errors.QueryCanceled:
        raise
    except psycopg.Error as error:
        if db.broken:
            raise
        more = " ".join(part for part in (error.diag.message_detail, error.diag.context) if part)
        raise UpFailed(
            f"schema: up fails at {what}: {error.diag.message_primary or error}{f' ({more})' if more else ''}."
            " Its transaction was rolled back.",
            fix="the database is as it was: roll the run back, which only opens the doors, and correct the file.",
        ) from error


def _files(db: Db) -> dict[str, int]:
    return {row[0]: row[2] for row in db.execute(sqlfiles.text("stop_the_world/changed").encode())}


def _changed(db: Db, before: dict[str, int]) -> dict[str, dict[str, Any]]:
    """Tables that this transaction has written to, rewritten or made: as the server counts them for it alone."""
    return {
        label: {"inserted": inserted, "deleted": deleted, "new_file": before.get(label) != file}
        for label, _, file, inserted, updated, deleted in db.execute(sqlfiles.text("stop_the_world/changed").encode())
        if inserted or updated or deleted or before.get(label) != file
    }


def _analyze(ctx: RunContext, db: Db, labels: list[str]) -> int:
    for number, label in enumerate(labels, 1):
        ctx.cancel.check()
        db.execute(sql.SQL("ANALYZE {}").format(sql.SQL(label)))  # type: ignore[arg-type]  # quoted by the server
        ctx.journal.progress(ctx.run_id, STEP, "analyze", number, len(labels))
    return len(labels)


@contextmanager
def _kept_clear(ctx: RunContext, ends: Ends, db: Db) -> Iterator[None]:
    """End the sessions that keep ours waiting, for as long as the block: strays, monitoring, somebody's psql."""
    pid, over = db.info.backend_pid, threading.Event()

    def keep() -> None:
        try:
            with ends.open("blue", "doorkeeper") as own:
                while not over.wait(LOOK):
                    blocking = {row[0] for row in own.execute(BLOCKING, (pid,))}
                    if blocking:
                        callers.end(ctx, own, lambda caller: caller.pid in blocking)  # noqa: B023
        except (CutoverError, psycopg.Error) as error:
            ctx.log.warning("nobody ends the sessions that keep the migration waiting: %s", error)

    thread = threading.Thread(target=keep, name="cutover-doorkeeper", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5)
