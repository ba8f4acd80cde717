"""Open a run for a task: the journal, the spec as it was when the run began, and resolved connections."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from cutover.context import CancelToken, RunContext
from cutover.errors import CutoverError
from cutover.journal.store import Journal
from cutover.opening import JOURNAL, open_run
from cutover.operators.airflow_connections import AirflowResolver


class NoRun(CutoverError):
    """A task does not know its run."""

    code = "OPR002"


@contextlib.contextmanager
def open_journal() -> Iterator[Journal]:
    """Yield the journal behind the Airflow connection ``cutover_journal``."""
    with Journal(AirflowResolver()(JOURNAL)) as journal:
        yield journal


@contextlib.contextmanager
def open_context(run_id: str | None, cancel: CancelToken | None = None) -> Iterator[RunContext]:
    """Yield the context of a run.

    Connections are resolved here, in the task's own thread; worker threads then find them without asking Airflow.

    :raises NoRun: the task that begins the run gave no id.
    :raises ConnectionUnknown: a connection that the migration names is not defined.
    """
    if not run_id or not isinstance(run_id, str):
        raise NoRun(
            "this task was given no run.", fix="start with the DAG's first task, which begins or finds the run."
        )
    resolve = AirflowResolver()
    with Journal(resolve(JOURNAL)) as journal:
        ctx = open_run(run_id, journal, resolve, cancel=cancel)
        for conn_id in (
            ctx.spec.source,
            ctx.spec.target,
            ctx.spec.router,
            ctx.spec.flags.store,
            *(hook.connection for hook in ctx.spec.hooks),
            *(probe.connection for probe in ctx.spec.observe.probes),
        ):
            if conn_id:
                ctx.resolve(conn_id)
        yield ctx
