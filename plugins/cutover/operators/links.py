"""Addresses of Airflow's own pages, where ``[api] base_url`` says how people reach it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from airflow.sdk.configuration import conf


def base_url() -> str | None:
    """Return the address of the UI without a slash at its end."""
    address = conf.get("api", "base_url", fallback="") or ""
    return address.rstrip("/") or None


def dag_run_url(dag_id: str, dag_run_id: str) -> str | None:
    """Return the page of a DAG run."""
    base = base_url()
    return f"{base}/dags/{quote(dag_id)}/runs/{quote(dag_run_id)}" if base else None


def runbook_url(run_id: str) -> str | None:
    """Return the address of a migration run's runbook."""
    base = base_url()
    return f"{base}/cutover/runs/{quote(run_id)}/runbook" if base else None


def answer_url(task_instance: Any) -> str | None:
    """Return the page on which a task's question is answered."""
    run = dag_run_url(task_instance.dag_id, task_instance.run_id)
    index = task_instance.map_index
    mapped = f"/mapped/{index}" if index is not None and index >= 0 else ""
    return f"{run}/tasks/{quote(task_instance.task_id)}{mapped}/required_actions" if run else None
