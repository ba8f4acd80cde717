"""Which migration run an Airflow DAG run works on."""

from __future__ import annotations

from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from sqlalchemy import select

from cutover.api.actions import RUN_PARAM
from cutover.journal.errors import RunUnknown
from cutover.journal.records import Run
from cutover.journal.store import Journal


def run_of_dag_run(journal: Journal, dag_id: str, dag_run_id: str) -> Run | None:
    """Return the run that the DAG run began, or the one that its conf names (rollbacks, finalize)."""
    own = journal.row("run_of_dag_run", dag_id=dag_id, dag_run_id=dag_run_id)
    if own:
        return Run(**own)
    named = _named_in_conf(dag_id, dag_run_id)
    if named is None:
        return None
    try:
        return journal.get_run(named)
    except RunUnknown:
        return None


def _named_in_conf(dag_id: str, dag_run_id: str) -> str | None:
    query = select(DagRun.conf).where(DagRun.dag_id == dag_id, DagRun.run_id == dag_run_id)
    with create_session() as session:
        conf = session.scalar(query)
    named = conf.get(RUN_PARAM) if isinstance(conf, dict) else None
    # A conf is free text; a NUL in it would be refused by the journal's server.
    return named if isinstance(named, str) and "\x00" not in named else None
