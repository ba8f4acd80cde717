"""Hooks that tell another system, and never tell a secret to anybody else."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

import pytest

from cutover import hooks
from localstack.ports import free_port
from support.hooking import Begin
from support.listener import Listener, Received, always, listening, one_by_one

pytestmark = pytest.mark.engine
SECRETS = ("T000/B111/geheim", "geheim", "hunter2", "sesame-open", "c2VjcmV0")


def connect(monkeypatch: pytest.MonkeyPatch, service: Listener | int, **more: Any) -> None:
    """Define the connection ``pager`` as one would in Airflow, full of secrets."""
    fields = {
        "conn_type": "http",
        "host": "http://127.0.0.1/services/T000/B111/geheim",
        "port": service if isinstance(service, int) else service.port,
        "login": "app",
        "password": "hunter2",
        "extra": {"X-Token": "sesame-open", "X-More": "Key c2VjcmV0", "timeout": 5, "verify": True},
    }
    monkeypatch.setenv("AIRFLOW_CONN_PAGER", json.dumps({**fields, **more}))


def pager(when: str = "closed", **more: Any) -> dict[str, Any]:
    return {"when": when, "connection": "pager", **more}


def secrets(*texts: str) -> list[str]:
    """Return the secrets that are in any of the texts."""
    basic = base64.b64encode(b"app:hunter2").decode()
    return [secret for secret in (*SECRETS, basic) for text in texts if secret in text]


def test_it_is_told_where_the_run_stands(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(always(202)) as service:
        connect(monkeypatch, service)
        ctx = begin(pager())
        ctx.journal.set_state(ctx.run_id, "cutting_over")
        (result,) = hooks.run(ctx, "closed", {"sessions_ended": 4})
    assert (result["ok"], result["name"], result["kind"]) == (True, "pager", "webhook")
    (request,) = service.received
    assert (request.method, request.path) == ("POST", "/services/T000/B111/geheim")
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Authorization"] == "Basic " + base64.b64encode(b"app:hunter2").decode()
    assert request.headers["X-Token"] == "sesame-open" and not {"timeout", "verify"} & request.headers.keys()
    told = json.loads(request.body)
    assert told["id"] == request.headers["Idempotency-Key"] == "trial.1/hook-0/0"
    assert (told["moment"], told["state"], told["migration"]) == ("closed", "cutting_over", "trial")
    assert told["figures"] == {"sessions_ended": 4}


def test_host_schema_and_port_of_their_own(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the form under Admin, Connections has them; a password without a login is a bearer's token."""
    with listening(always(200)) as service:
        connect(monkeypatch, service, host="127.0.0.1", schema="http", login=None, extra=None)
        assert hooks.run(begin(pager()), "closed")[0]["ok"]
    (request,) = service.received
    assert (request.path, request.headers["Authorization"]) == ("/", "Bearer hunter2")


def test_every_attempt_has_the_same_key_and_every_doing_its_own(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(one_by_one(503, 200)) as service:
        connect(monkeypatch, service)
        ctx = begin(pager(retry_for="1m"), pager(), pager("opening"))
        for moment in ("closed", "opening", "closed"):
            hooks.run(ctx, moment)
    keys = [request.headers["Idempotency-Key"].removeprefix("trial.1/") for request in service.received]
    assert keys == ["hook-0/0", "hook-0/0", "hook-1/0", "hook-2/1", "hook-0/2", "hook-1/2"]


def echo(status: int) -> Any:
    """Answer with everything that was sent, the way debugging pages do."""

    def answer(request: Received, number: int) -> tuple[int, dict[str, str], str]:
        return status, {}, f"cannot POST {request.path}: {request.headers}"

    return answer


@pytest.mark.parametrize("status", [200, 302, 401, 404, 500])
def test_no_secret_is_told(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore.connection", "httpcore.http11"):
        caplog.set_level(logging.DEBUG, logger=name)
    with listening(echo(status)) as service:
        connect(monkeypatch, service)
        ctx = begin(pager("opened", retry_for="1s"))
        (result,) = hooks.run(ctx, "opened")
    assert result["ok"] is (status == 200) and service.received
    if status != 200:
        assert f"pager answered with {status}." in result["error"] and "cannot POST /***" in result["said"]
    events = [f"{event.text} {event.data}" for event in ctx.journal.events(ctx.run_id)]
    assert secrets(json.dumps(result), caplog.text, *events) == []


def test_nor_where_nobody_listens(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    connect(monkeypatch, free_port())
    with pytest.raises(hooks.HookFailed, match=r"HOK005\] hook 'pager' \(closed\): pager cannot be reached") as caught:
        hooks.run(begin(pager()), "closed")
    assert secrets(str(caught.value), repr(caught.value), caplog.text) == []


def test_nor_where_the_address_makes_no_sense(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ctx = begin(pager())
    for host in ("ftp://geheim/geheim", "http://[geheim", "geheim geheim", "http://no\nhost/geheim"):
        connect(monkeypatch, 1, host=host)
        with pytest.raises(hooks.HookFailed, match="HOK005") as caught:
            hooks.run(ctx, "closed")
        assert secrets(str(caught.value), caplog.text) == [], host


def test_a_late_answer(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(lambda request, number: None) as service:
        connect(monkeypatch, service)
        with pytest.raises(hooks.HookFailed, match=r"HOK003\] hook 'pager' \(closed\): pager: there was no answer"):
            hooks.run(begin(pager(timeout="1s")), "closed")


def test_a_connection_that_is_not_there_is_not_waited_for(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = begin(pager(retry_for="1h"))
    with pytest.raises(hooks.HookFailed, match=r"HOK006.*'pager' is not defined"):
        hooks.run(ctx, "closed")
    connect(monkeypatch, 1, conn_type="postgres")
    with pytest.raises(hooks.HookFailed, match=r"HOK006.* is of type 'postgres', not http"):
        hooks.run(ctx, "closed")
