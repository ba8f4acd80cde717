"""Other migrations of the same database: going back takes them along, so there must be none."""

from __future__ import annotations

from cutover.context import Db, RunContext
from cutover.journal.records import ACTIVE, Run
from cutover.postgres.backup import Manifest
from cutover.postgres.last_resort.errors import OthersInTheWay

LIVING = ACTIVE | {"window"}


def refuse(ctx: RunContext) -> None:
    """:raises OthersInTheWay: another run is under way, or has its way back in the database.

    What such a run has made knows its tables by their oids, which a restored database has anew.
    """
    for run in _living(ctx):
        raise OthersInTheWay(
            f"run {run.run_id!r} ({run.title}) of {run.database!r} is {run.standing}: it would be taken"
            " back along with this one.",
            fix=f"roll it back, or finalize it, first: DAG rollback_{run.strategy} or finalize.",
        )


def refuse_strangers(db: Db, manifest: Manifest) -> None:
    """:raises OthersInTheWay: the restored database carries the traces of a run."""
    row = db.execute("SELECT to_regclass('cutover.online_run') IS NOT NULL").fetchone()
    found = db.execute("SELECT run_id FROM cutover.online_run ORDER BY number").fetchall() if row and row[0] else []
    if found:
        raise OthersInTheWay(
            f"rollback point {manifest.name} was taken while run {found[0][0]!r} was under way: its triggers and its"
            " shadow tables would come back, and fit nothing.",
            fix="name another rollback point; or restore this one into a database of its own, and take from it what"
            f" you need: python -m cutover restore {manifest.name} --into CONNECTION --database NAME.",
        )


def _living(ctx: RunContext) -> list[Run]:
    mine = ctx.journal.get_run(ctx.run_id)
    runs = ctx.journal.runs(states=LIVING, limit=500)
    return [run for run in runs if run.database == mine.database and run.run_id != mine.run_id]
