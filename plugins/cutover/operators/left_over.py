"""Clear up after rehearsals that nobody carries on: a night that was killed, a run that was marked failed."""

from __future__ import annotations

import logging

from airflow.sdk import Context

from cutover.connections import Resolver
from cutover.errors import CutoverError
from cutover.journal.records import Rehearsal
from cutover.journal.store import Journal
from cutover.operators.stores import open_store
from cutover.postgres.task import Work
from cutover.rehearsal.clearing import clear

OVER = frozenset({"success", "failed"})
DAG = "rehearse"
log = logging.getLogger("cutover.operators")


def clear_left(journal: Journal, resolve: Resolver, context: Context) -> list[str]:
    """Clear every rehearsal whose DAG run is over and that has not been cleared; return what could not be, in words."""
    left = []
    for rehearsal in journal.rehearsals(uncleared=True):
        if rehearsal.dag_run_id == context["dag_run"].run_id or not _over(rehearsal, context):
            continue
        log.warning("clearing up after rehearsal %s", rehearsal.rehearsal_id)
        task = Work(f"rehearsal/{rehearsal.rehearsal_id}", log)
        try:
            clear(task, journal, rehearsal, resolve, open_store=open_store)
        except CutoverError as error:
            log.error("%s", error)
            left.append(error.what)
    return left


def _over(rehearsal: Rehearsal, context: Context) -> bool:
    if rehearsal.dag_run_id is None:
        return True  # settled by the night itself, without a DAG run
    try:
        if context["ti"].get_dr_count(dag_id=DAG, run_ids=[rehearsal.dag_run_id]) == 0:
            return True  # its DAG run was deleted
        state = context["ti"].get_dagrun_state(DAG, rehearsal.dag_run_id)
    except Exception as error:
        # An API that is away: better not to act on it.
        log.warning("cannot tell how the DAG run of %s is: %s", rehearsal.rehearsal_id, error)
        return False
    return str(getattr(state, "value", state)) in OVER
