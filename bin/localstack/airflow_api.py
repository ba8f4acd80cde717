"""A small client of Airflow's REST API, for the demo and the tests."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

from localstack.errors import StackError

DONE = ("success", "failed")


class AirflowApi:
    """Logged in as one user.

    :param base: ``http://localhost:8080``.
    """

    def __init__(self, base: str, user: str, password: str) -> None:
        self.base = base
        self._login = {"username": user, "password": password}
        self._token = ""

    @property
    def token(self) -> str:
        """The bearer token of the login, fetched once."""
        if not self._token:
            self._token = self._send("POST", "/auth/token", self._login)["access_token"]
        return self._token

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request below ``/api/v2`` and return the answer's JSON.

        :raises StackError: the answer's status is an error; with what Airflow said.
        """
        return self._send(method, f"/api/v2{path}", body, {"Authorization": f"Bearer {self.token}"})

    def get(self, path: str) -> Any:
        """Send a GET; see :meth:`call`."""
        return self.call("GET", path)

    def wait_for_dag(self, dag_id: str, seconds: float = 120) -> None:
        """Wait until the DAG processor has parsed ``dag_id``.

        :raises StackError: it has not in time; with the import errors there are.
        """
        end = time.monotonic() + seconds
        while dag_id not in {dag["dag_id"] for dag in self.get("/dags?limit=1000")["dags"]}:
            if time.monotonic() > end:
                errors = self.get("/importErrors")["import_errors"]
                said = "\n".join(f"{error['filename']}: {error['stack_trace']}" for error in errors)
                raise StackError(
                    f"Airflow knows no DAG {dag_id!r} after {seconds:.0f} s. Import errors: {said or 'none'}"
                )
            time.sleep(0.2)

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Trigger a run and return its ``dag_run_id``."""
        body = {"logical_date": None, "conf": conf or {}}
        return str(self.call("POST", f"/dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def wait_for_run(self, dag_id: str, dag_run_id: str, seconds: float = 600) -> dict[str, Any]:
        """Wait until the run has ended and return it (``state``, ``start_date``, ``end_date`` ...).

        :raises StackError: it has not in time.
        """
        end = time.monotonic() + seconds
        while True:
            run: dict[str, Any] = self.get(f"/dags/{dag_id}/dagRuns/{dag_run_id}")
            if run["state"] in DONE:
                return run
            if time.monotonic() > end:
                raise StackError(f"the run {dag_run_id} of {dag_id} is still {run['state']} after {seconds:.0f} s.")
            time.sleep(0.2)

    def tasks(self, dag_id: str, dag_run_id: str) -> list[dict[str, Any]]:
        """Return the task instances of a run."""
        found: list[dict[str, Any]] = self.get(f"/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances?limit=1000")[
            "task_instances"
        ]
        return found

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        request = urllib.request.Request(
            self.base + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **(headers or {})},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                raw = answer.read()
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")[:1000]
            raise StackError(f"Airflow answered {error.code} to {method} {path}: {said}") from None
        except OSError as error:
            raise StackError(f"Airflow at {self.base} does not answer: {error}", fix="bin/up") from None
        return json.loads(raw) if raw else None
