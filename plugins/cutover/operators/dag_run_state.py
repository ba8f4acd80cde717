"""How another DAG run is, as a task can find out."""

from __future__ import annotations

import logging

from airflow.sdk import Context

OVER = frozenset({"failed", "success"})
log = logging.getLogger("cutover.operators")


def dag_run_state(context: Context, dag_id: str | None, dag_run_id: str | None) -> str | None:
    """Return the state of a DAG run; ``None`` where that cannot be told."""
    if not dag_id or not dag_run_id:
        return None
    try:
        state = context["ti"].get_dagrun_state(dag_id, dag_run_id)
        # Workers are given an enumeration whose str() is not its value.
        return str(getattr(state, "value", state))
    except Exception as error:
        # A DAG run that was deleted looks the same as an API that is away: better not to act on it.
        log.warning("cannot tell how the DAG run %s of %s is: %s", dag_run_id, dag_id, error)
        return None
