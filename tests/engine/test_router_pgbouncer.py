"""PgBouncer as a router: clients are held and led elsewhere, and a pause that cannot be had hurts nobody."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from cutover.routing import Place, RouterFailed, inifile
from cutover.routing.pgbouncer import PgBouncerRouter
from cutover.routing.router import NotPaused
from localstack.cluster import Cluster
from localstack.databases import ensure_database, ensure_role
from localstack.pgbouncer import PgBouncer
from localstack.throwaway import fresh_folder

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def pooler(pg16: Cluster, pg18: Cluster) -> Iterator[PgBouncer]:
    users = {"routed_app": "a password"}
    for cluster in (pg16, pg18):
        ensure_role(cluster, "routed_app", users["routed_app"])
        ensure_database(cluster, "routed", "routed_app")
    made = PgBouncer(fresh_folder("router"), {"routed": pg16.info(dbname="routed")}, users, "admin")
    process = made.start()
    yield made
    process.stop()
    for cluster in (pg16, pg18):
        cluster.drop_database("routed")


@pytest.fixture
def router(pooler: PgBouncer, pg16: Cluster) -> Iterator[PgBouncerRouter]:
    made = PgBouncerRouter(pooler.console("pooler", "routed"))
    yield made
    made.admit()
    made.point(Place.of(pg16.info(dbname="routed")))
    made.close()


def client(pooler: PgBouncer) -> psycopg.Connection[Any]:
    info = pooler.info("x", "routed", "routed_app").conninfo()
    return psycopg.connect(info, autocommit=True, prepare_threshold=None)


def version(db: psycopg.Connection[Any]) -> int:
    row = db.execute("SELECT current_setting('server_version_num')::int / 10000").fetchone()
    assert row is not None
    return int(row[0])


def test_held_clients_go_on_at_the_other_place(router: PgBouncerRouter, pooler: PgBouncer, pg18: Cluster) -> None:
    there = Place.of(pg18.info(dbname="routed"))
    with client(pooler) as db, ThreadPoolExecutor() as pool:
        assert version(db) == 16
        router.pause(5)
        router.pause(5)  # held already
        assert router.paused()
        held = pool.submit(version, db)
        router.point(there)
        assert not held.done()
        router.resume()
        assert held.result(10) == 18
        assert router.where() == there
    router.resume()  # nothing to resume


def test_a_transaction_that_does_not_end_keeps_nobody_waiting(router: PgBouncerRouter, pooler: PgBouncer) -> None:
    with client(pooler) as slow, client(pooler) as other:
        with slow.transaction():
            slow.execute("SELECT 1")
            with pytest.raises(NotPaused, match="did not end"):
                router.pause(0.3)
            assert not router.paused()
            assert version(other) == 16
            slow.execute("SELECT 1")  # nor did the transaction come to harm
        router.pause(5)
        assert router.paused()


def test_a_pause_outlives_the_one_who_asked_and_the_next_one_ends_it(
    router: PgBouncerRouter, pooler: PgBouncer
) -> None:
    router.pause(5)
    router.close()
    after = PgBouncerRouter(pooler.console("pooler", "routed"))
    assert after.paused()
    after.resume()
    with client(pooler) as db:
        assert version(db) == 16
    after.close()


def test_a_pause_is_given_up_when_it_is_to_stop(router: PgBouncerRouter, pooler: PgBouncer) -> None:
    stop = threading.Event()
    with client(pooler) as slow, ThreadPoolExecutor() as pool, slow.transaction():
        slow.execute("SELECT 1")
        pausing = pool.submit(PgBouncerRouter(router.info).pause, 60, stop)
        stop.set()
        began = time.monotonic()
        with pytest.raises(NotPaused):
            pausing.result(10)
        assert time.monotonic() - began < 5
        slow.execute("SELECT 1")
    assert not router.paused()


def test_clients_are_turned_away_and_let_in_again(router: PgBouncerRouter, pooler: PgBouncer) -> None:
    with contextlib.closing(client(pooler)) as there:
        there.execute("SELECT 1")
        router.refuse(2)
        router.refuse(2)  # closed already
        assert router.closed()
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            client(pooler)
        with pytest.raises(psycopg.OperationalError):
            there.execute("SELECT 1")
        assert time.monotonic() - began < 2, "nobody waits"
    served = router.served()
    router.admit()
    router.admit()  # open already
    assert not router.closed()
    with client(pooler) as db:
        assert version(db) == 16
    assert router.served() > served


def test_a_transaction_ends_before_its_client_is_turned_away(router: PgBouncerRouter, pooler: PgBouncer) -> None:
    with contextlib.closing(client(pooler)) as slow, ThreadPoolExecutor() as pool:
        slow.execute("BEGIN")
        refusing = pool.submit(PgBouncerRouter(router.info).refuse, 30)
        ends = time.monotonic() + 5
        while not router.closed() and time.monotonic() < ends:
            time.sleep(0.01)
        slow.execute("CREATE TEMP TABLE mine (i int)")
        slow.execute("COMMIT")
        refusing.result(10)
        with pytest.raises(psycopg.OperationalError):
            slow.execute("SELECT 1")
    router.admit()


def test_traffic_is_seen_from_the_outside(router: PgBouncerRouter, pooler: PgBouncer) -> None:
    with client(pooler) as db, db.transaction():
        db.execute("SELECT 1")
        assert router.traffic().active == 1
    ends = time.monotonic() + 5
    while router.traffic().active and time.monotonic() < ends:
        threading.Event().wait(0.01)
    assert router.traffic().active == 0


def test_what_is_missing_is_named(pooler: PgBouncer) -> None:
    plain = pooler.console("pooler")
    with pytest.raises(RouterFailed, match="which database and config_file"):
        PgBouncerRouter(plain)
    wrong = dataclasses.replace(pooler.console("pooler", "routed"), password="no")
    with pytest.raises(RouterFailed, match="pooler"):
        PgBouncerRouter(wrong).where()
    with pytest.raises(RouterFailed, match="no database 'other'"):
        PgBouncerRouter(pooler.console("pooler", "other")).where()
    gone = dataclasses.replace(pooler.console("pooler", "routed"), port=1)
    with pytest.raises(RouterFailed, match="pooler"):
        PgBouncerRouter(gone).paused()


INI = """\
;; kept as it is
[databases]
first = host=a port=1 dbname=x
"my db" = host=old.example port = 5432 dbname='it''s' pool_size=7 user=app password='s p'  connect_query='SELECT 1'
%include more.ini

[pgbouncer]
first = host=not-this-one
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "pgbouncer.ini"
    file.write_text(INI)
    (tmp_path / "more.ini").write_text("[databases]\nincluded = port=1 host=h\n")
    file.chmod(0o640)
    return file


def test_only_one_entry_changes_and_only_where_it_leads(config: Path) -> None:
    assert inifile.point(config, "my db", Place("new.example", 6543, "the new"))
    before, after = INI.splitlines(), config.read_text().splitlines()
    assert [line for line in after if line not in before] == [
        "\"my db\" = host=new.example port=6543 dbname='the new' pool_size=7 user=app password='s p'"
        " connect_query='SELECT 1'"
    ]
    assert len(after) == len(before)
    assert config.stat().st_mode & 0o777 == 0o640
    assert not inifile.point(config, "my db", Place("new.example", 6543, "the new")), "nothing left to change"


def test_an_included_file_is_changed_where_it_is(config: Path) -> None:
    inifile.point(config, "included", Place("b", 2, "c"))
    assert (config.parent / "more.ini").read_text() == "[databases]\nincluded = port=2 host=b dbname=c\n"
    assert config.read_text() == INI


@pytest.mark.parametrize("name", ["other", "FIRST", "pgbouncer"])
def test_an_entry_that_is_not_there_is_named(config: Path, name: str) -> None:
    with pytest.raises(RouterFailed, match=f"no entry '{name}'"):
        inifile.point(config, name, Place("b", 2, "c"))
    assert config.read_text() == INI


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RouterFailed, match="cannot be read"):
        inifile.entry(tmp_path / "none.ini", "x")


def test_the_connection_says_where_the_router_finds_a_database() -> None:
    info = ConnectionInfo("x", "seen-by-airflow", 1, dbname="d", settings={"router_host": "seen-by-router"})
    assert Place.of(info) == Place("seen-by-router", 1, "d")
