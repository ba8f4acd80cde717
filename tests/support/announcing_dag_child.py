"""Runs the DAG `announcements` in a process to be killed: ``python -m support.announcing_dag_child``."""

from __future__ import annotations

from airflow.dag_processing.dagbag import DagBag

from support.dag_runs import DAGS, run_dag


def main() -> None:
    run_dag(DagBag(str(DAGS / "announcements.py")).dags["announcements"], {})


if __name__ == "__main__":
    main()
