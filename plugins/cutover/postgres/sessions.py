"""Sessions that a killed worker has left behind: they may still be at work when its step begins again."""

from __future__ import annotations

import time

from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres.task import Task

OURS = (
    "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = current_user"
    " AND starts_with(application_name, %s)"
)
HERE = OURS + " AND datname = current_database()"


class StillAtWork(CutoverError):
    """Sessions of an earlier attempt do not end."""

    code = "BGR028"


def end(ctx: Task, db: Db, step: str, *, patience: float = 60, here: bool = False) -> int:
    """End every session of this run's ``step`` on the server of ``db``, and wait until they are gone; return how many.

    :param here: only those that are in the same database.
    :raises StillAtWork: they are not gone after ``patience`` seconds.
    """
    name = f"cutover/{ctx.run_id}/{step}"[:63]
    ends = time.monotonic() + patience
    seen: set[int] = set()
    while pids := [row[0] for row in db.execute(HERE if here else OURS, (name,)).fetchall()]:
        if time.monotonic() > ends:
            raise StillAtWork(
                f"sessions of an earlier attempt at {step!r} do not end on {db.info.host}:{db.info.port}: pids {pids}.",
                fix="SELECT pg_terminate_backend(<pid>), then run the step again.",
            )
        seen.update(pids)
        for pid in pids:
            db.execute("SELECT pg_terminate_backend(%s)", (pid,))
        ctx.cancel.wait(0.05)
    if seen:
        ctx.log.info("%s: ended %d sessions of an earlier attempt", step, len(seen))
    return len(seen)
