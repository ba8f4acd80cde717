"""Who may see and steer what: the answers to each role, and to requests from elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from cutover.journal.store import Journal
from support.plugin_api import ROLES, Client, begin

pytestmark = pytest.mark.dags

READS = (
    "/cutover/runs",
    "/cutover/runs/{run}",
    "/cutover/runs/{run}/overview",
    "/cutover/runs/{run}/progress",
    "/cutover/runs/{run}/checks",
    "/cutover/runs/{run}/events",
    "/cutover/runs/{run}/control",
    "/cutover/runs/{run}/status",
    "/cutover/runs/{run}/documents/plan.md",
    "/cutover/run-of?dag_id=online&dag_run_id=manual__{run}",
    "/cutover/specs",
    "/cutover/health",
)


def statuses(browser: Client, run_id: str) -> dict[str, int]:
    return {path: browser.get(path.format(run=run_id)).status_code for path in READS}


def test_anonymous_is_asked_to_sign_in(client: Any, run_id: str) -> None:
    assert statuses(client(None), run_id) == dict.fromkeys(READS, 401)


def test_a_forged_session_is_refused(client: Any, run_id: str) -> None:
    forger: Client = client(None)
    forger.cookies.set("_token", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsInJvbGUiOiJBRE1JTiJ9.")
    assert statuses(forger, run_id) == dict.fromkeys(READS, 403)


def test_every_role_may_read(client: Any, run_id: str) -> None:
    for role in ROLES:
        assert statuses(client(role), run_id) == dict.fromkeys(READS, 200), role


def test_every_route_is_behind_the_login(client: Any, run_id: str) -> None:
    from cutover.api.app import create_app

    nobody: Client = client(None)
    routes = [route for route in create_app().routes if getattr(route, "methods", None)]
    assert len(routes) >= len(READS)
    for route in routes:
        for method in route.methods:
            path = "/cutover" + route.path.replace("{run_id}", run_id).replace("{name:path}", "plan.md")
            path = path.replace("{migration}", "leads_v2")
            assert "{" not in path, "a new parameter needs a value here"
            assert nobody.request(method, path, json={}).status_code == 401, (method, path)


def test_the_api_describes_itself_to_nobody(client: Any) -> None:
    for path in ("/cutover/docs", "/cutover/redoc", "/cutover/openapi.json"):
        assert client("ADMIN").get(path).status_code == 404


STEERING = [(None, 401), ("VIEWER", 403), ("USER", 200), ("OP", 200), ("ADMIN", 200)]


@pytest.mark.parametrize(("role", "status"), STEERING)
def test_only_who_may_change_runs_may_steer(
    client: Any, journal: Journal, run_id: str, role: str | None, status: int
) -> None:
    response = client(role).post(f"/cutover/runs/{run_id}/control", json={"paused": True})
    assert response.status_code == status
    assert journal.control(run_id).paused is (status == 200)


def test_buttons_say_who_may_trigger(client: Any, run_id: str) -> None:
    seen = {role: client(role).json(f"/cutover/runs/{run_id}")["actions"]["roll_back"]["allowed"] for role in ROLES}
    assert seen == {"VIEWER": False, "USER": True, "OP": True, "ADMIN": True}


def test_a_run_of_a_dag_that_may_not_be_read_does_not_exist(
    operator: Client, journal: Journal, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    hidden = begin(journal, "payroll.20261121T070000", dag_id="secret_dag")
    allowed = SimpleAuthManager.is_authorized_dag

    def narrowed(self: Any, *, details: Any = None, **rest: Any) -> bool:
        return details.id != "secret_dag" and allowed(self, details=details, **rest)

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", narrowed)
    assert [run["run_id"] for run in operator.json("/cutover/runs")["runs"]] == [run_id]
    absent = operator.json("/cutover/runs/payroll.20991121T070000", 404)
    assert operator.json(f"/cutover/runs/{hidden}", 404)["code"] == absent["code"] == "API002"
    assert operator.post(f"/cutover/runs/{hidden}/control", json={"paused": True}).status_code == 404
    assert operator.get(f"/cutover/run-of?dag_id=secret_dag&dag_run_id=manual__{hidden}").status_code == 403
    assert journal.control(hidden).paused is False


def test_a_run_from_a_terminal_is_guarded_by_its_strategy(client: Any, journal: Journal, journal_known: Any) -> None:
    run = begin(journal, dag_id=None, dag_run_id=None)
    assert client("VIEWER").json(f"/cutover/runs/{run}")["may_control"] is False
    assert client("USER").json(f"/cutover/runs/{run}")["may_control"] is True


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""])
def test_a_form_cannot_steer(operator: Client, journal: Journal, run_id: str, content_type: str) -> None:
    response = operator.post(
        f"/cutover/runs/{run_id}/control", content=b'{"paused": true}', headers={"content-type": content_type}
    )
    assert response.status_code == 415, response.text
    assert journal.control(run_id).paused is False


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200)])
def test_another_site_cannot_steer(operator: Client, journal: Journal, run_id: str, site: str, status: int) -> None:
    path = f"/cutover/runs/{run_id}/control"
    assert operator.post(path, json={"paused": True}, headers={"Sec-Fetch-Site": site}).status_code == status
    assert journal.control(run_id).paused is (status == 200)
