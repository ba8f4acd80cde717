"""DAGs that trigger others: make those known to Airflow, and see what was triggered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def store(load_dag: Callable[[str], Any], names: Iterable[str]) -> None:
    """Let Airflow know the DAGs, as its DAG processor does."""
    from airflow.models.dagbundle import DagBundleModel
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.serialization.definitions.dag import SerializedDAG
    from airflow.serialization.serialized_objects import LazyDeserializedDAG
    from airflow.utils.session import create_session

    with create_session() as session:
        if session.get(DagBundleModel, "dags-folder") is None:
            session.add(DagBundleModel(name="dags-folder"))
            session.commit()
        for name in names:
            dag = load_dag(name)
            SerializedDAG.bulk_write_to_db("dags-folder", None, [LazyDeserializedDAG.from_dag(dag)], session=session)
            SerializedDagModel.write_dag(LazyDeserializedDAG.from_dag(dag), bundle_name="dags-folder", session=session)


def triggered(dag_id: str, *, forget: bool = True) -> list[dict[str, Any]]:
    """Return the confs of the DAG runs that were triggered since, and forget them."""
    return [conf for _, conf in triggered_runs(dag_id, forget=forget)]


def triggered_runs(dag_id: str, *, forget: bool = True) -> list[tuple[str, dict[str, Any]]]:
    """Return ``(DAG run id, conf)`` of what was triggered since, and forget it."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.query(DagRun).filter(DagRun.dag_id == dag_id, DagRun.state == "queued").all()
        runs = [(dag_run.run_id, dict(dag_run.conf)) for dag_run in found]
        for dag_run in found if forget else ():
            session.delete(dag_run)
    return runs
