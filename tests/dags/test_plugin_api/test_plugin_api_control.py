"""Pause, resume and speed: from the page through the journal to what the engine reads."""

from __future__ import annotations

from typing import Any

import pytest

from cutover.journal.store import Journal
from support.plugin_api import Client

pytestmark = pytest.mark.dags


def test_round_trip(operator: Client, journal: Journal, run_id: str) -> None:
    path = f"/cutover/runs/{run_id}/control"
    answer = operator.post(path, json={"paused": True, "batch_rows": 500, "pause_seconds": 0.25, "workers": 1})
    assert answer.status_code == 200
    seen = journal.control(run_id)
    assert (seen.paused, seen.batch_rows, seen.pause_seconds, seen.workers) == (True, 500, 0.25, 1)
    assert seen.changed_by == "user-olga"
    shown = operator.json(path)
    assert answer.json() == shown
    assert (shown["paused"], shown["batch_rows"], shown["changed_by"]) == (True, 500, "user-olga")
    # What is left out stays, null is the spec's own value again.
    operator.post(path, json={"paused": False, "batch_rows": None})
    seen = journal.control(run_id)
    assert (seen.paused, seen.batch_rows, seen.pause_seconds, seen.workers) == (False, None, 0.25, 1)


def test_who_changed_what_is_an_event(operator: Client, journal: Journal, run_id: str) -> None:
    operator.post(f"/cutover/runs/{run_id}/control", json={"workers": 4})
    event = journal.events(run_id, kind="control")[-1]
    assert (event.actor, event.data) == ("user-olga", {"workers": 4})
    shown = operator.json(f"/cutover/runs/{run_id}/events?limit=1")["events"][0]
    assert (shown["kind"], shown["actor"]) == ("control", "user-olga")


NONSENSE: tuple[Any, ...] = (
    {"batch_rows": 0},
    {"batch_rows": -5},
    {"batch_rows": 1.5},
    {"batch_rows": "500"},
    {"batch_rows": 10**12},
    {"pause_seconds": -1},
    {"pause_seconds": 1e9},
    {"workers": 0},
    {"workers": 1000},
    {"paused": None},
    {"paused": "yes"},
    {"pausd": True},
    {"paused": True, "actor": "admin"},
    {},
    [],
)


def test_nonsense_is_refused_and_changes_nothing(operator: Client, journal: Journal, run_id: str) -> None:
    for body in NONSENSE:
        response = operator.post(f"/cutover/runs/{run_id}/control", json=body)
        assert response.status_code == 422, (body, response.text)
    assert journal.control(run_id).changed_by is None


def test_a_limit_is_explained(operator: Client, run_id: str) -> None:
    refused = operator.post(f"/cutover/runs/{run_id}/control", json={"workers": 1000}).json()
    assert refused["code"] == "API007"
    assert "workers" in refused["what"] and "from 1 to" in refused["fix"]


def test_a_run_that_is_over_takes_no_orders(operator: Client, journal: Journal, run_id: str) -> None:
    journal.set_state(run_id, "failed")
    response = operator.post(f"/cutover/runs/{run_id}/control", json={"paused": True})
    assert (response.status_code, response.json()["code"]) == (409, "API004")
    assert journal.control(run_id).paused is False


def test_an_unknown_run_takes_no_orders(operator: Client, run_id: str) -> None:
    assert operator.post("/cutover/runs/nobody/control", json={"paused": True}).status_code == 404
