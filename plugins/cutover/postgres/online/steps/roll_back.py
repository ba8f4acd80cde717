"""Roll back from any instant: before the swap all is dropped, after it the tables are exchanged again first.

It ends only when the system is proven to be back where it was: definition and, after a swap back, every row.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import psycopg

from cutover import points
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.online import capture, exchange, fingerprint, guard, parts, remove, state, stuck
from cutover.postgres.online.compare import compare
from cutover.postgres.online.names import CAPTURE_TRIGGERS
from cutover.postgres.online.state import Table
from cutover.postgres.online.steps.catch_up import in_step
from cutover.postgres.online.steps.settle import settle_table
from cutover.postgres.rowdiff import RowDiff

ENABLE = ", ".join(f"ENABLE ALWAYS TRIGGER {name}" for name in CAPTURE_TRIGGERS)


class WouldLose(CutoverError):
    """Rows that were written after the swap do not fit the old table."""

    code = "ONL070"


class RowsDiffer(CutoverError):
    """What is live again is not what was live: removing the new table now would lose rows."""

    code = "ONL072"


class NotAsBefore(CutoverError):
    """After the rollback something is not what it was."""

    code = "ONL071"


def roll_back(ctx: RunContext, *, accept_loss: bool = False) -> dict[str, Any]:
    """Take the run back; safe to call again after it was interrupted anywhere, and when nothing was built.

    :param accept_loss: go back although the old side refuses some rows written since the swap.
    :returns: ``{"was_swapped", "pause_ms", "differences", "row_diff", "dropped", "seconds"}``.
    :raises WouldLose: naming the rows, or the table whose writes are not captured; nothing has changed.
    :raises RowsDiffer: the old side is live again and lacks rows of the new one, which is left there, with its traces.
    :raises NotAsBefore: it is back, but not in every detail as it was.
    """
    began = time.monotonic()
    try:
        with guard.alone(ctx, "roll-back", patience=60) as db:
            figures = _roll_back(ctx, db, accept_loss)
    except psycopg.OperationalError:
        ctx.log.warning("the connection broke during the rollback; going on from what the database says")
        with guard.alone(ctx, "roll-back", patience=60) as db:
            figures = _roll_back(ctx, db, accept_loss)
    return {**figures, "seconds": round(time.monotonic() - began, 3)}


def _roll_back(ctx: RunContext, db: psycopg.Connection[Any], accept_loss: bool) -> dict[str, Any]:
    tables = state.tables(db, ctx.run_id)
    was_swapped = any(table.at_least("swapped") for table in tables)
    figures: dict[str, Any] = {"was_swapped": was_swapped, "pause_ms": None, "row_diff": None}
    if any(table.live == "shadow" for table in tables):
        _refuse_loss(ctx, db, tables, accept_loss)
        done = exchange.exchange(ctx, db, tables)
        points.reach("roll_back.exchanged")
        figures |= {"pause_ms": done.pause_ms, "exchange": asdict(done)}
        tables = state.tables(db, ctx.run_id)
    if was_swapped:
        for table in tables:
            settle_table(ctx, db, table)
        # The tables have changed sides: what was live follows now, and must be equal to the last row.
        # Capture ends only after this was done: where it is off, an earlier attempt has compared already.
        captured = [table for table in state.tables(db, ctx.run_id) if capture.started(db, table.original)]
        found = [(table, compare(ctx, table, forth=False)) for table in captured]
        figures["row_diff"] = sum(diff.total + diff.undecided for _, diff in found)
        if not accept_loss:
            _keep_what_differs(ctx, found)
    figures["differences"] = _different(db, tables)
    figures["dropped"] = _remove(ctx, db, tables)
    _judge(ctx, figures, accept_loss)
    return figures


def _keep_what_differs(ctx: RunContext, found: Sequence[tuple[Table, RowDiff]]) -> None:
    """Stop before anything is removed. Capture is on, so the next attempt compares again."""
    differing = [(table, diff) for table, diff in found if diff.total]
    if not differing:
        return
    told = "; ".join(diff.told(table.label) for table, diff in differing)
    kept = ", ".join(f"{table.names.new_schema}.{table.names.table}" for table, _ in differing)
    raise RowsDiffer(
        f"run {ctx.run_id!r}: the old side is live again, but it is not what was live before: {told}.",
        fix=f"nothing was removed: what was live is {kept}. Mend the live rows by it and roll back again,"
        " or roll back with accept_loss to leave them behind.",
    )


def _refuse_loss(ctx: RunContext, db: psycopg.Connection[Any], tables: list[Table], accept_loss: bool) -> None:
    for table in tables:
        if not accept_loss and not capture.at_work(db, parts.sides(table)[0]):
            raise WouldLose(
                f"{table.label}: capture triggers are missing or disabled, so what is written does not reach the old"
                " table.",
                fix=f"ALTER TABLE {table.label} {ENABLE}; then roll back again: every row is compared before anything"
                " is removed. Or roll back with accept_loss to leave rows behind.",
            )
        in_step(ctx, table)
        count, some = stuck.rows(db, table, limit=3)
        if count and not accept_loss:
            named = "; ".join(f"key {item['key']}: {item['error']}" for item in some)
            raise WouldLose(
                f"{table.label}: {count} rows written since the swap do not fit the old table: {named}.",
                fix="mend these rows, or roll back with accept_loss to leave them behind.",
            )


def _different(db: psycopg.Connection[Any], tables: list[Table]) -> list[str]:
    return [
        f"{table.label}: {line}"
        for table in tables
        for line in fingerprint.differences(table.fingerprint, fingerprint.take(db, table.original))
    ]


def _remove(ctx: RunContext, db: psycopg.Connection[Any], tables: list[Table]) -> list[str]:
    for table in tables:
        remove.capture_off(ctx, db, table)
    points.reach("roll_back.capture_off")
    for table in tables:
        remove.traces(db, table)
    number = ctx.journal.get_run(ctx.run_id).number
    dropped = remove.schemas(db, number)
    _down(ctx, db)
    points.reach("roll_back.dropped")
    remove.forget(db, ctx.run_id)
    return dropped


def _down(ctx: RunContext, db: psycopg.Connection[Any]) -> None:
    """Run ``schema: down`` if ``up`` ran, once."""
    text = ctx.spec.text(ctx.spec.schema_sql.down)
    if not state.exists(db):
        return
    with db.transaction():
        row = db.execute(
            "SELECT up_done FROM cutover.online_run WHERE run_id = %s FOR UPDATE", (ctx.run_id,)
        ).fetchone()
        if text and row and row[0]:
            db.execute("SET LOCAL search_path = public")
            db.execute(text.encode())
            db.execute("UPDATE cutover.online_run SET up_done = false WHERE run_id = %s", (ctx.run_id,))


def _judge(ctx: RunContext, figures: dict[str, Any], accept_loss: bool) -> None:
    wrong = list(figures["differences"])
    if figures["row_diff"] and not accept_loss:
        wrong.append(f"{figures['row_diff']} rows were written at every look, and are not known to be the same")
    if wrong:
        raise NotAsBefore(
            f"run {ctx.run_id!r} was rolled back, but not everything is as before: {'; '.join(wrong[:10])}.",
            fix="compare with the plan and mend it by hand; the run's traces are removed.",
        )
