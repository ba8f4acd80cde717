"""What the pages are told about runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cutover.journal.store import Journal
from support.plugin_api import HOSTILE, Client, begin

pytestmark = pytest.mark.dags


def test_the_list_is_newest_first_with_what_can_be_done(viewer: Client, journal: Journal, run_id: str) -> None:
    second = begin(journal, "notes_v3.20261121T080000")
    runs = viewer.json("/cutover/runs")["runs"]
    assert [run["run_id"] for run in runs] == [second, run_id]
    assert runs[1]["documents"] == ["odd.svg", "plan.md", "report.html", "report.json"]
    assert runs[0]["documents"] == []
    back = {"dag_id": "rollback_online", "conf": {"run": run_id}, "allowed": False}
    assert runs[1]["actions"] == {"roll_back": back}
    assert [run["run_id"] for run in viewer.json("/cutover/runs?limit=1")["runs"]] == [second]
    assert viewer.json("/cutover/runs?strategy=blue_green")["runs"] == []
    assert viewer.get("/cutover/runs?limit=100000").status_code == 422


def test_the_overview_says_everything_at_once(viewer: Client, journal: Journal, run_id: str) -> None:
    with journal.step(run_id, "swap") as step:
        step.detail({"pause_ms": 23.4, "tables": ["public.leads"]})
    with journal.step(run_id, "backfill"):
        seen = viewer.json(f"/cutover/runs/{run_id}/overview")
    assert (seen["run"]["state"], seen["run"]["title"]) == ("filling", f"Leads {HOSTILE}")
    assert (seen["run"]["over"], seen["run"]["window_seconds_left"]) == (False, None)
    assert seen["run"]["elapsed_seconds"] >= 0
    leads, notes = seen["progress"]
    assert (leads["done"], leads["total"], leads["rate"], leads["eta_seconds"]) == (250_000, 1_000_000, 50_000.0, 15.0)
    assert (notes["total"], notes["rate"], notes["eta_seconds"]) == (None, None, None), "unknown stays unknown"
    assert seen["checks"][0]["figures"] == {"live": 10, "shadow": 9}
    assert (seen["checks"][0]["code"], seen["checks"][0]["ok"]) == ("ROW_COUNT", False)
    assert seen["events"][0]["kind"] == "blocked", "newest first"
    assert seen["total"] == len(seen["events"])
    assert [(step["name"], step["state"]) for step in seen["steps"]] == [("swap", "done"), ("backfill", "running")]
    assert seen["steps"][0]["figures"] == {"pause_ms": 23.4}
    assert seen["run"]["connections"] == ["shop"] and "shop of" not in str(seen["run"]), "no address of a database"
    assert seen["control"]["planned"] == {"batch_rows": 10000, "pause": "0s", "workers": 2}
    assert "spec" not in seen["run"]


def test_the_overview_says_who_is_asked_and_who_has_signed(viewer: Client, journal: Journal, run_id: str) -> None:
    spec = {"name": "notes", "source": "shop", "approvals": {"sign_off": ["database", "qa"]}}
    run = begin(journal, "notes.1", spec=spec)
    place = {"dag_id": "sign_off", "dag_run_id": f"sign_off__{run}", "task_id": "sign_off", "map_index": 1}
    for task in ("sign_off_qa", "sign_off_database"):
        journal.event(run, "approval_asked", f"{task}?", data={"task": task, **place})
    said = {
        "task": "sign_off_database",
        "dag_run_id": f"sign_off__{run}",
        "approved": True,
        "who": "ada",
        "words": "ok",
    }
    journal.event(run, "approval", "Yes", actor="ada", data=said)
    seen = viewer.json(f"/cutover/runs/{run}/overview")
    assert [{**each, "at": None} for each in seen["questions"]] == [{"at": None, "text": "sign_off_qa?", **place}]
    database, qa = seen["signatures"]
    assert (database["role"], database["state"], database["who"], database["words"]) == (
        "database",
        "signed",
        "ada",
        "ok",
    )
    assert (qa["role"], qa["state"], qa["who"], qa["at"]) == ("QA", "open", None, None)
    nobody = viewer.json(f"/cutover/runs/{run_id}/overview")
    assert nobody["questions"] == nobody["signatures"] == []


def test_the_parts_agree_with_the_overview(viewer: Client, run_id: str) -> None:
    whole = viewer.json(f"/cutover/runs/{run_id}/overview")
    assert viewer.json(f"/cutover/runs/{run_id}/progress") == {"state": "filling", "progress": whole["progress"]}
    assert viewer.json(f"/cutover/runs/{run_id}/checks") == {"checks": whole["checks"], "failed": 1}
    assert viewer.json(f"/cutover/runs/{run_id}/control") == whole["control"]
    assert viewer.json(f"/cutover/runs/{run_id}/events") == {"events": whole["events"], "total": whole["total"]}
    assert viewer.json(f"/cutover/runs/{run_id}/events?limit=1") == {
        "events": whole["events"][:1],
        "total": whole["total"],
    }


def test_the_window_counts_down(viewer: Client, journal: Journal, run_id: str) -> None:
    journal.mark_swapped(run_id, timedelta(hours=48))
    journal.set_state(run_id, "window")
    seen = viewer.json(f"/cutover/runs/{run_id}")
    assert 48 * 3600 - 60 < seen["run"]["window_seconds_left"] <= 48 * 3600
    assert set(seen["actions"]) == {"roll_back", "finalize"}


def test_a_window_that_is_over_never_counts_below_zero(viewer: Client, journal: Journal, run_id: str) -> None:
    journal.mark_swapped(run_id, timedelta(0))
    journal.set_state(run_id, "window")
    assert viewer.json(f"/cutover/runs/{run_id}")["run"]["window_seconds_left"] == 0


@pytest.mark.parametrize(
    ("states", "offered"),
    [
        (("failed",), {"roll_back"}),
        (("aborted",), {"roll_back"}),
        (("rolling_back",), {"roll_back"}),
        (("rolling_back", "rolled_back"), set()),
        (("finalizing",), {"finalize"}),
        (("finalizing", "finalized"), set()),
    ],
)
def test_only_what_can_be_done_is_offered(
    operator: Client, journal: Journal, run_id: str, states: tuple[str, ...], offered: set[str]
) -> None:
    for state in states:
        journal.set_state(run_id, state)
    seen = operator.json(f"/cutover/runs/{run_id}")
    assert set(seen["actions"]) == offered
    assert seen["may_control"] is not seen["run"]["over"]


@pytest.mark.parametrize(
    "name", ["leads_v2.20991121T060000", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "a%00b", "'; drop table run", "x" * 300]
)
def test_an_unknown_run_is_not_found(viewer: Client, run_id: str, name: str) -> None:
    for tail in ("", "/overview", "/control", "/documents/plan.md"):
        response = viewer.get(f"/cutover/runs/{name}{tail}")
        assert response.status_code == 404, (name, tail, response.text)
    assert viewer.json("/cutover/runs/leads_v3", 404)["code"] == "API002"


def test_a_dag_run_leads_to_the_run_that_it_began(viewer: Client, run_id: str) -> None:
    found = viewer.json(f"/cutover/run-of?dag_id=online&dag_run_id=manual__{run_id}")
    assert found["run"]["run_id"] == run_id
    nothing = viewer.json("/cutover/run-of?dag_id=online&dag_run_id=manual__other", 404)
    assert (nothing["code"], "journal" in nothing["fix"]) == ("API002", True)


@pytest.mark.parametrize(
    ("conf", "status"),
    [({"run": "{run}"}, 200), ({"run": "no such"}, 404), ({"run": 7}, 404), ({}, 404), ({"run": "a\\u0000b"}, 404)],
)
def test_a_rollback_leads_to_the_run_that_its_conf_names(
    viewer: Client, run_id: str, conf: dict[str, Any], status: int, rollback_of: Any
) -> None:
    dag_run = rollback_of({k: v.replace("{run}", run_id) if isinstance(v, str) else v for k, v in conf.items()})
    found = viewer.json(f"/cutover/run-of?dag_id=rollback_online&dag_run_id={dag_run}", status)
    if status == 200:
        assert found["run"]["run_id"] == run_id


@pytest.fixture
def rollback_of(api_server: Any) -> Any:
    """Write a DAG run of the rollback DAG with a conf into Airflow's metadata database; removed afterwards."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunTriggeredByType, DagRunType
    from sqlalchemy import delete

    def make(conf: dict[str, Any]) -> str:
        with create_session() as session:
            session.add(
                DagRun(
                    dag_id="rollback_online",
                    run_id="manual__rollback",
                    conf=conf,
                    run_type=DagRunType.MANUAL,
                    triggered_by=DagRunTriggeredByType.TEST,
                )
            )
        return "manual__rollback"

    yield make
    with create_session() as session:
        session.execute(delete(DagRun).where(DagRun.dag_id == "rollback_online"))
