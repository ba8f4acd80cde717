"""Connections that are no databases: what Airflow knows of a webhook, a folder and a key reaches the engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cutover.connections import ConnectionInfo, from_environment
from cutover.errors import ConnectionUnknown
from cutover.hooks.webhook import address
from cutover.operators.airflow_connections import AirflowResolver
from cutover.postgres.connect import connect

pytestmark = pytest.mark.dags
Resolve = Callable[[str], ConnectionInfo]


@pytest.fixture(params=["airflow", "environment"])
def resolve(request: pytest.FixtureRequest, metadata_db: None) -> Resolve:
    """The task's resolver, and that of the command line: they agree."""
    return AirflowResolver() if request.param == "airflow" else from_environment


def define(monkeypatch: pytest.MonkeyPatch, conn_id: str, **fields: Any) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields))


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"host": "hooks.example"}, "http://hooks.example"),
        ({"host": "hooks.example", "schema": "https"}, "https://hooks.example"),
        ({"host": "hooks.example", "schema": "https", "port": 8443}, "https://hooks.example:8443"),
        ({"host": "https://hooks.example/a/b?c=d"}, "https://hooks.example/a/b?c=d"),
        ({"host": "https://hooks.example/a/b", "port": 8443}, "https://hooks.example:8443/a/b"),
    ],
)
def test_a_webhook(resolve: Resolve, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], url: str) -> None:
    extra = {"X-Token": "sesame", "X-Number": 7, "verify": False, "cutover": {"note": "x"}, "odd": ["list"]}
    define(monkeypatch, "pager", conn_type="http", login="app", password="hunter2", extra=extra, **fields)
    info = resolve("pager")
    assert address(info) == url and (info.kind, info.user, info.password) == ("http", "app", "hunter2")
    assert info.headers == {"X-Token": "sesame", "X-Number": "7"}
    assert "hunter2" not in repr(info) and "sesame" not in repr(info)


def test_a_folder_and_a_key(resolve: Resolve, monkeypatch: pytest.MonkeyPatch) -> None:
    define(monkeypatch, "vault", conn_type="fs", extra={"cutover": {"path": "/srv/backups", "points_days": 14}})
    define(monkeypatch, "keyring", conn_type="generic", password="AGE-SECRET-KEY-1")
    assert resolve("vault").settings == {"path": "/srv/backups", "points_days": "14"}
    assert resolve("vault").kind == "fs"
    assert (resolve("keyring").password, resolve("keyring").kind) == ("AGE-SECRET-KEY-1", "generic")


def test_a_database_is_one_still(resolve: Resolve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", "postgresql://app:pw@db.example:5433/shop?sslmode=require")
    info = resolve("shop")
    assert (info.kind, info.port, info.dbname, info.extra) == ("postgres", 5433, "shop", {"sslmode": "require"})
    assert info.headers == {}


@pytest.mark.parametrize("kind", ["http", "fs", "aws", "generic"])
def test_what_is_no_database_is_never_connected_to(
    resolve: Resolve, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    define(monkeypatch, "pager", conn_type=kind, host="127.0.0.1")
    with pytest.raises(ConnectionUnknown, match=f"'pager' is of type '{kind}', not postgres"):
        connect(resolve("pager"))
