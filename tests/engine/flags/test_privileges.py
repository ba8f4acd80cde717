"""The roles of ``include/sql/roles/flags.sql``: enough to move flags, enough to follow them, and no more."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from cutover.flags import FlagClient, FlagStore, FlagStoreAway, Mode, ShadowCount
from cutover.flags.role_sql import least_privileges
from localstack.cluster import Cluster
from localstack.places import ROOT

from .conftest import NAME, client, forward, until

ROLE, SHOP, CRM, PASSWORD = "flags_hand", "flags_shop", "flags_crm", "a secret of the tests"


@pytest.fixture
def logins(pg18: Cluster, database: ConnectionInfo) -> Iterator[dict[str, ConnectionInfo]]:
    """The strategy's login, and those of two applications, in a database that lets nobody else in."""
    with contextlib.closing(pg18.connect(database.dbname)) as db:
        db.execute(f'REVOKE ALL ON DATABASE "{database.dbname}" FROM PUBLIC')
        for login in (SHOP, CRM):
            db.execute(f"CREATE ROLE {login} LOGIN")
            for _ in range(2):  # any number of times
                db.execute(least_privileges(ROLE, database.dbname, login).encode())
        for login in (ROLE, SHOP, CRM):
            db.execute(f"ALTER ROLE {login} PASSWORD '{PASSWORD}'")
    yield {login: replace(database, user=login, password=PASSWORD) for login in (ROLE, SHOP, CRM)}
    with contextlib.closing(pg18.connect(database.dbname)) as db:
        db.execute("DROP SCHEMA IF EXISTS cutover_flags CASCADE")
        for role in (ROLE, SHOP, CRM, "cutover_flags"):
            db.execute(f"DROP OWNED BY {role}")
            db.execute(f"DROP ROLE {role}")


@pytest.fixture
def store(logins: dict[str, ConnectionInfo]) -> FlagStore:
    """The strategy's."""
    made = FlagStore(logins[ROLE])
    made.create(NAME, by="tests")
    return made


def test_the_roles_are_enough(store: FlagStore, logins: dict[str, ConnectionInfo]) -> None:
    forward(store, Mode.DUAL_WRITE_READ_OLD, shadow=100)
    with client(FlagStore(logins[SHOP])) as flags, flags.use() as use:
        assert use.writes_new
        assert use.read("order", 7, old=lambda: 1, new=lambda: 2) == 1
        until(lambda: store.shadow(NAME) == [ShadowCount("order", 1, 1)])
        assert store.mismatches(NAME)[0].key == "7"
        flag = store.set(store.get(NAME), Mode.DUAL_WRITE_READ_NEW)
        until(lambda: flags.flag.version == flag.version)
        assert [one.instance for one in store.waiting_for(NAME, flag.version)] == ["one"]
        store.excuse(NAME, "one", by="olga")
        assert store.waiting_for(NAME, flag.version) == []
    assert store.instances(NAME) == [], "it has said good-bye"
    store.forget_mismatches(NAME)
    store.remove(NAME)
    store.create(NAME)
    with client(FlagStore(logins[SHOP])), client(FlagStore(logins[CRM]), "two"):
        assert len(store.instances(NAME)) == 2, "also after the schema was made anew"


def test_an_application_cannot_change_a_flag_nor_speak_for_others(
    store: FlagStore, logins: dict[str, ConnectionInfo]
) -> None:
    mine = FlagStore(logins[SHOP])
    with client(FlagStore(logins[CRM]), "theirs"), client(mine, "mine"):
        flag = mine.get(NAME)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            mine.set(flag, Mode.DUAL_WRITE_READ_OLD)
        for instance in ("mine", "theirs"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                mine.excuse(NAME, instance, by="nobody")
        for forbidden in (
            "UPDATE cutover_flags.flag SET mode = 'new_only'",
            "INSERT INTO cutover_flags.flag (migration, mode) VALUES ('other', 'old_only')",
            "DELETE FROM cutover_flags.flag",
            "TRUNCATE cutover_flags.instance",
            "UPDATE cutover_flags.instance SET login = session_user",
            "SELECT key FROM cutover_flags.mismatch",
            "DELETE FROM cutover_flags.shadow",
            "SELECT FROM cutover_flags.history",
            "CREATE TABLE cutover_flags.mine (id int)",
            "CREATE SCHEMA mine",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(mine.info.conninfo()) as db:
                db.execute(forbidden.encode())
        with psycopg.connect(mine.info.conninfo()) as db:
            untouched = "DELETE FROM cutover_flags.instance WHERE instance = 'theirs'"
            assert db.execute(untouched.encode()).rowcount == 0
            assert db.execute("UPDATE cutover_flags.instance SET acknowledged = 99").rowcount == 1, "its own only"
    assert (store.get(NAME).mode, store.get(NAME).version) == (Mode.OLD_ONLY, 1)


def test_what_a_login_may_not_is_said(store: FlagStore, logins: dict[str, ConnectionInfo], pg18: Cluster) -> None:
    with (
        client(FlagStore(logins[CRM]), "theirs"),
        pytest.raises(FlagStoreAway, match="may not follow") as refused,
        client(FlagStore(logins[SHOP]), "theirs"),
    ):
        pass  # pragma: no cover
    assert "another name" in str(refused.value.fix)
    with contextlib.closing(pg18.connect(store.info.dbname)) as db:
        db.execute(f"REVOKE cutover_flags FROM {SHOP}")
    with pytest.raises(FlagStoreAway, match="permission denied") as refused:
        FlagClient(logins[SHOP], NAME, application="shop")
    assert "include/sql/roles/flags.sql" in str(refused.value.fix)


def test_it_is_printed_for_the_names_on_the_command_line() -> None:
    command = [sys.executable, "-m", "cutover.flags.role_sql", "--database", "odd db", "--application", "shop"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT / "plugins")}
    )
    assert 'GRANT CONNECT, CREATE ON DATABASE "odd db" TO "cutover"' in done.stdout
    assert 'GRANT cutover_flags TO "shop"' in done.stdout and "GRANT USAGE ON SCHEMA cutover_flags" in done.stdout
