"""Questions that are of interest only while a run is in its rollback window."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from airflow.sdk.exceptions import AirflowSkipException

from cutover.context import RunContext
from cutover.journal.records import standing

WINDOW = "window"


@contextlib.contextmanager
def only_in_window(ctx: RunContext) -> Iterator[None]:
    """Skip the task of a run that has been taken back, or finalized, meanwhile."""
    state = ctx.journal.get_run(ctx.run_id).state
    if state != WINDOW:
        raise AirflowSkipException(f"the run is {standing(state)}: nobody has to be asked any more.")
    yield
