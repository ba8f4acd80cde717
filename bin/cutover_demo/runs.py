"""One DAG run, as Airflow's REST API shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cutover.operators.idle import idle_seconds
from localstack.airflow_api import DONE, AirflowApi

Task = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DagRun:
    """A run that has been triggered."""

    api: AirflowApi
    dag_id: str
    dag_run_id: str

    @property
    def url(self) -> str:
        """Where people see it."""
        return f"{self.api.base}/dags/{self.dag_id}/runs/{self.dag_run_id}"

    @property
    def path(self) -> str:
        """Where the REST API has it."""
        return f"/dags/{self.dag_id}/dagRuns/{self.dag_run_id}"

    def look(self) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get(self.path)
        return found

    @property
    def state(self) -> str:
        return str(self.look()["state"])

    @property
    def over(self) -> bool:
        return self.state in DONE

    def tasks(self) -> list[Task]:
        """Return the task instances in the order in which they began; those that have not come last."""
        return sorted(self.api.tasks(self.dag_id, self.dag_run_id), key=lambda task: task["start_date"] or "~")

    def idle_seconds(self) -> float:
        """Return the seconds, from the trigger to the end, in which no task was running."""
        tasks, run = self.tasks(), self.look()
        starts = [_moment(task["start_date"]) for task in tasks if task["start_date"]]
        ends = [_moment(task["end_date"]) for task in tasks if task["end_date"]]
        if not starts or not ends or not run["end_date"]:
            return 0.0
        before = min(starts) - _moment(run["queued_at"] or run["start_date"])
        after = _moment(run["end_date"]) - max(ends)
        return idle_seconds(tasks) + max(0.0, before.total_seconds()) + max(0.0, after.total_seconds())

    def set_task_state(self, task_id: str, state: str) -> None:
        """Mark a task as a person does in the UI."""
        self.api.call("PATCH", f"{self.path}/taskInstances/{task_id}", {"new_state": state})

    def set_state(self, state: str) -> None:
        """Mark the whole run as a person does in the UI."""
        self.api.call("PATCH", self.path, {"state": state})


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
