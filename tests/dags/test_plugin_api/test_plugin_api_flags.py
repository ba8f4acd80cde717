"""A flag as flagd polls it: its document, sent once for each version, to whoever may read the migration's DAG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cutover.connections import ConnectionInfo
from cutover.flags import FlagStore, Mode
from support.connections import Connections
from support.plugin_api import ROLES, Client

pytestmark = pytest.mark.dags
PATH = "/cutover/flags/accounts_v2/flagd.json"
SPEC = """\
name: accounts_v2
title: Admins become accounts
strategy: dual_write
owner: identity
source: shop
schema: {up: up.sql, down: down.sql}
shapes: [{name: accounts, key: [id], rows: accounts.sql, from: {admins: SELECT r.id}}]
rollback: {window: 0s}
flags: {store: flags_db}
"""
FILES = {
    "migration.yaml": SPEC,
    "up.sql": "CREATE TABLE accounts (id bigint PRIMARY KEY)",
    "down.sql": "DROP TABLE accounts",
    "accounts.sql": "SELECT id FROM admins",
}


@pytest.fixture
def store(migrations_folder: Path, database: ConnectionInfo, make_connection: Connections) -> FlagStore:
    """The store that the spec names, with a flag."""
    (migrations_folder / "accounts_v2").mkdir()
    for name, text in FILES.items():
        (migrations_folder / "accounts_v2" / name).write_text(text)
    made = FlagStore(make_connection("flags_db", database))
    made.create("accounts_v2", by="tests")
    made.create("other", by="tests")
    return made


def test_it_is_sent_once_for_each_version(viewer: Client, store: FlagStore) -> None:
    first = viewer.get(PATH)
    assert first.status_code == 200 and first.headers["content-type"] == "application/json"
    assert first.headers["cache-control"] == "private, no-cache"
    flags = first.json()["flags"]
    assert set(flags) == {"accounts_v2.mode", "accounts_v2.read-new", "accounts_v2.shadow"}, "not those of others"
    assert flags["accounts_v2.mode"]["defaultVariant"] == "old_only"
    for known in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
        again = viewer.get(PATH, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    store.set(store.get("accounts_v2"), Mode.DUAL_WRITE_READ_OLD)
    changed = viewer.get(PATH, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200 and changed.headers["etag"] != first.headers["etag"]
    assert changed.json()["flags"]["accounts_v2.mode"]["defaultVariant"] == "dual_write_read_old"


def test_whoever_may_read_the_dag_may_read_the_flag(
    client: Any, store: FlagStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    assert client(None).get(PATH).status_code == 401
    assert {role: client(role).get(PATH).status_code for role in ROLES} == dict.fromkeys(ROLES, 200)
    allowed = SimpleAuthManager.is_authorized_dag

    def narrowed(self: Any, *, details: Any = None, **rest: Any) -> bool:
        return details.id != "dual_write" and allowed(self, details=details, **rest)

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", narrowed)
    hidden, absent = (client("OP").json(path, 404) for path in (PATH, PATH.replace("accounts", "nothing")))
    assert hidden["code"] == absent["code"] == "FLG001" and hidden["fix"] == absent["fix"]


def test_flagd_sends_a_token(client: Any, store: FlagStore) -> None:
    browser: Client = client("VIEWER")
    (token,) = (cookie.value for cookie in browser.cookies.jar)
    flagd: Client = client(None)
    answer = flagd.get(PATH, headers={"Authorization": f"Bearer {token}", "Accept": "application/json"})
    assert answer.status_code == 200
    assert flagd.get(PATH, headers={"Authorization": "Bearer nonsense"}).status_code in (401, 403)


@pytest.mark.parametrize("path", ["nothing", "..%2F..", "a b", "x" * 300, "%00"])
def test_what_is_not_there(viewer: Client, migrations_folder: Path, path: str) -> None:
    assert viewer.get(f"/cutover/flags/{path}/flagd.json").status_code == 404


def test_a_flag_that_is_not_made_yet(viewer: Client, store: FlagStore) -> None:
    store.remove("accounts_v2")
    assert viewer.json(PATH, 404)["code"] == "FLG001"
    store.remove("other")
    assert viewer.json(PATH, 404)["code"] == "FLG001"


def test_a_store_that_is_away_is_named_by_nothing_but_the_migration(
    viewer: Client, store: FlagStore, make_connection: Connections, migrations_folder: Path
) -> None:
    make_connection("flags_db", ConnectionInfo("flags_db", host="127.0.0.1", port=1, user="secret", dbname="hidden"))
    told = viewer.json(PATH, 503)
    assert told["code"] == "FLG005" and "127.0.0.1" not in str(told) and "hidden" not in str(told)
    (migrations_folder / "accounts_v2" / "up.sql").write_text("SELEC 1")
    assert viewer.json(PATH, 503)["code"] == "SPEC001"
