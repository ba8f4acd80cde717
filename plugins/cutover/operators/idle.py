"""How much of a run's time was Airflow's own: the seconds in which none of its tasks was at work.

Knows nothing of Airflow, so a report, a demo or a test can hand in what the REST API answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any


def idle_seconds(task_instances: Iterable[Mapping[str, Any]]) -> float:
    """Return the seconds between the first start and the last end in which no task was running.

    :param task_instances: dicts with ``start_date`` and ``end_date``, as ISO 8601 text (the REST API's
        ``task_instances``) or aware datetimes. Tasks that never ran are left out. A task that waits, deferred or
        for an answer, counts as at work: that wait is not Airflow's.
    """
    spans = sorted(_spans(task_instances))
    if not spans:
        return 0.0
    idle, busy_until = 0.0, spans[0][1]
    for start, end in spans[1:]:
        idle += max((start - busy_until).total_seconds(), 0.0)
        busy_until = max(busy_until, end)
    return idle


def _spans(task_instances: Iterable[Mapping[str, Any]]) -> Iterable[tuple[datetime, datetime]]:
    for task in task_instances:
        start, end = _moment(task.get("start_date")), _moment(task.get("end_date"))
        if start and end:
            yield start, end


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    return value
