"""Stop a step whose run is being taken back: a rollback by hand may come at any instant."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from airflow.sdk.exceptions import AirflowFailException

from cutover.context import RunContext
from cutover.errors import Cancelled, CutoverError
from cutover.journal.records import standing

LOOK_SECONDS = 1.0
GOING_BACK = frozenset({"rolling_back", "rolled_back", "failed", "aborted", "finalizing", "finalized"})


class RunWithdrawn(CutoverError):
    """The run is being taken back, or has ended: it goes no further."""

    code = "OPR003"


@contextlib.contextmanager
def unless_withdrawn(ctx: RunContext) -> Iterator[None]:
    """Refuse to begin when the run is going back, and cancel the block when that happens while it runs.

    :raises RunWithdrawn: the run may go no further.
    """
    _refuse(ctx)
    over = threading.Event()
    withdrawn = threading.Event()
    watcher = threading.Thread(target=_look, args=(ctx, over, withdrawn), name="cutover-withdrawal", daemon=True)
    watcher.start()
    try:
        yield
    except Cancelled:
        if withdrawn.is_set():
            # No retry: the next attempt would be refused as well.
            raise AirflowFailException(str(_error(ctx, "was stopped"))) from None
        raise
    finally:
        over.set()


def _look(ctx: RunContext, over: threading.Event, withdrawn: threading.Event) -> None:
    while not over.wait(LOOK_SECONDS):
        try:
            state = ctx.journal.get_run(ctx.run_id).state
        except CutoverError:
            continue  # the journal is away: the step itself will notice if it matters
        if state in GOING_BACK and not over.is_set():
            ctx.log.warning("the run is %s: stopping this step", standing(state))
            withdrawn.set()
            ctx.cancel.cancel()
            return


def _refuse(ctx: RunContext) -> None:
    if ctx.journal.get_run(ctx.run_id).state in GOING_BACK:
        raise _error(ctx, "goes no further")


def _error(ctx: RunContext, what: str) -> RunWithdrawn:
    run = ctx.journal.get_run(ctx.run_id)
    reason = f" ({run.reason.strip().splitlines()[0]})" if run.reason and run.reason.strip() else ""
    return RunWithdrawn(
        f"this step {what}: run {run.run_id!r} is {run.standing}{reason}.",
        fix=f"trigger the DAG {run.strategy} again for a new run of {run.migration!r}.",
    )
