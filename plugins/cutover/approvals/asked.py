"""Questions that are still open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cutover.journal.records import Event

ASKED, ANSWERED, WITHDRAWN = "approval_asked", "approval", "approval_withdrawn"
# Once a run goes into one of these, whatever it was asked before is of no interest any more.
SETTLED = frozenset({"rolling_back", "rolled_back", "failed", "aborted", "finalizing", "finalized"})


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked and not answered yet. ``task`` and ``dag_run_id`` together say which question it is.

    :param place: where it is answered: ``dag_id``, ``task_id``, ``map_index`` (-1: not mapped), ``url``.
    """

    text: str
    at: datetime
    task: str | None
    dag_run_id: str | None
    place: Mapping[str, Any]


def open_questions(events: Iterable[Event]) -> list[Question]:
    """Return the questions that wait for an answer, the oldest first.

    :param events: all events of one run, in their order.
    """
    found: dict[tuple[str | None, str | None], Question] = {}
    for event in events:
        data = event.data or {}
        key = data.get("task"), data.get("dag_run_id")
        if event.kind == ASKED:
            found.pop(key, None)
            found[key] = Question(event.text, event.at, *key, data)
        elif event.kind in (ANSWERED, WITHDRAWN):
            found.pop(key, None)
        elif event.kind == "state" and data.get("to") in SETTLED:
            found.clear()
    return list(found.values())
