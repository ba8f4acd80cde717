"""A browser with a role, and a run to look at: what the tests of the plugin's API share."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from cutover.journal.store import Journal

ROLES = ("VIEWER", "USER", "OP", "ADMIN")
HOSTILE = "<script>alert('leads')</script>"


class Client(TestClient):
    """A browser of one role: its session cookie is sent along, as Airflow's UI does."""

    def __init__(self, app: FastAPI, role: str | None) -> None:
        super().__init__(app, base_url="http://airflow.test")
        if role:
            from airflow.api_fastapi.app import get_auth_manager
            from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
            from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

            token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=f"{role.lower()}-olga", role=role))
            self.cookies.set(COOKIE_NAME_JWT_TOKEN, token)

    def json(self, path: str, status: int = 200) -> Any:
        response = self.get(path)
        assert response.status_code == status, response.text
        return response.json()


def begin(journal: Journal, run_id: str = "leads_v2.20261121T060000", **changes: Any) -> str:
    """Begin a run as the online DAG does."""
    values: dict[str, Any] = {
        "migration": run_id.split(".")[0],
        "strategy": "online",
        "database": f"shop of {run_id}",
        "title": "Leads get preferences",
        "spec": {"name": "leads_v2", "source": "shop", "backfill": {"batch_rows": 10000, "pause": "0s", "workers": 2}},
        "dag_id": "online",
        "dag_run_id": f"manual__{run_id}",
        "triggered_by": "olga",
    }
    journal.begin_run(run_id, **{**values, **changes})
    return run_id
