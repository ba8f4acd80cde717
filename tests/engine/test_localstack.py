"""The throw-away clusters that every engine test stands on."""

from __future__ import annotations

import contextlib

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from localstack.cluster import Cluster
from localstack.throwaway import standby_of, throwaway
from support.connections import Connections


@pytest.mark.parametrize("version", [16, 18])
def test_a_cluster_is_what_a_migration_needs(version: int, request: pytest.FixtureRequest) -> None:
    cluster: Cluster = request.getfixturevalue(f"pg{version}")
    with contextlib.closing(cluster.connect()) as db:
        assert db.info.server_version // 10000 == version
        wanted = {
            "wal_level": "logical",
            "track_commit_timestamp": "on",
            "TimeZone": "UTC",
            "listen_addresses": "127.0.0.1",
        }
        assert {name: db.execute(f"show {name}").fetchone()[0] for name in wanted} == wanted
        assert db.execute("show server_encoding").fetchone() == ("UTF8",)
    assert cluster.port < 32768


def test_a_wrong_password_is_refused(pg18: Cluster) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(pg18.info(user="postgres", password="wrong").conninfo())


def test_a_database_fixture_is_empty_and_its_connection_id_resolves(
    database: ConnectionInfo, make_connection: Connections
) -> None:
    registered = make_connection("shop", database)
    assert make_connection.resolve("shop") == registered
    with psycopg.connect(registered.conninfo()) as db:
        assert db.execute("select count(*) from pg_class where relnamespace = 'public'::regnamespace").fetchone() == (
            0,
        )


def test_a_database_with_slots_subscriptions_and_sessions_can_be_dropped(pg16: Cluster, pg18: Cluster) -> None:
    for cluster in (pg16, pg18):
        cluster.create_database("busy")
        cluster.psql("create table t (id int primary key)", "busy")
    pg16.psql("create publication p for all tables", "busy")
    source = pg16.info(dbname="busy").conninfo()
    pg18.psql(f"create subscription s connection '{source}' publication p", "busy")
    with contextlib.closing(pg16.connect("busy")), contextlib.closing(pg18.connect("busy")):
        pg18.drop_database("busy")
        pg16.drop_database("busy")
    assert not pg16.has_database("busy")
    assert not pg18.has_database("busy")


def test_a_crashed_cluster_recovers_on_the_same_port(database: ConnectionInfo) -> None:
    with throwaway(18, fsync="on") as cluster:
        cluster.psql("create table kept as select 42 as n")
        port, pid = cluster.port, cluster.pid
        cluster.restart("immediate", work_mem="5MB")
        assert cluster.port == port
        assert cluster.pid not in (None, pid)
        with contextlib.closing(cluster.connect()) as db:
            assert db.execute("select n, current_setting('work_mem') from kept").fetchone() == (42, "5MB")
        data = cluster.data
    assert cluster.pid is None
    assert not data.exists()


def test_a_standby_follows_and_can_lag(pg18: Cluster) -> None:
    with throwaway(18) as primary, standby_of(primary, slot="standby_1") as standby:
        assert standby.port != primary.port
        with contextlib.closing(primary.connect()) as db, contextlib.closing(standby.connect()) as replica:
            assert replica.execute("select pg_is_in_recovery()").fetchone() == (True,)
            replica.execute("select pg_wal_replay_pause()")
            db.execute("create table t (n int)")
            assert replica.execute("select to_regclass('t')").fetchone() == (None,)
            row = db.execute("select state, replay_lsn < pg_current_wal_lsn() from pg_stat_replication").fetchone()
            assert row == ("streaming", True)
            replica.execute("select pg_wal_replay_resume()")
        slots = primary.psql("select slot_name, active from pg_replication_slots")
        assert "standby_1 | t" in slots
