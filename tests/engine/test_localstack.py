"""The throw-away clusters that every engine test stands on."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from localstack.accounts import own
from localstack.cluster import Cluster
from localstack.environment import child_environment
from localstack.errors import ServerDidNotStart
from localstack.places import servers
from localstack.ports import free_port
from localstack.throwaway import fresh_folder, standby_of, throwaway
from support.connections import Connections
from support.outsider import run_as_ordinary_user


@pytest.mark.parametrize("version", [16, 18])
def test_a_cluster_is_what_a_migration_needs(version: int, request: pytest.FixtureRequest) -> None:
    cluster: Cluster = request.getfixturevalue(f"pg{version}")
    with closing(cluster.connect()) as db:
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
    with closing(pg16.connect("busy")), closing(pg18.connect("busy")):
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
        with closing(cluster.connect()) as db:
            assert db.execute("select n, current_setting('work_mem') from kept").fetchone() == (42, "5MB")
        data = cluster.data
    assert cluster.pid is None
    assert not data.exists()


def test_a_standby_follows_and_can_lag(pg18: Cluster) -> None:
    with throwaway(18) as primary, standby_of(primary, slot="standby_1") as standby:
        assert standby.port != primary.port
        with closing(primary.connect()) as db, closing(standby.connect()) as replica:
            assert replica.execute("select pg_is_in_recovery()").fetchone() == (True,)
            replica.execute("select pg_wal_replay_pause()")
            db.execute("create table t (n int)")
            assert replica.execute("select to_regclass('t')").fetchone() == (None,)
            row = db.execute("select state, replay_lsn < pg_current_wal_lsn() from pg_stat_replication").fetchone()
            assert row == ("streaming", True)
            replica.execute("select pg_wal_replay_resume()")
        slots = primary.psql("select slot_name, active from pg_replication_slots")
        assert "standby_1 | t" in slots


AS_ORDINARY_USER = """
import os
from localstack.throwaway import throwaway, nest
with throwaway(16) as blue, throwaway(18) as green:
    blue.restart()
    print(os.geteuid() != 0, blue.pid != green.pid, nest().stat().st_uid == os.geteuid())
    print(*(c.psql("copy (select 1) to stdout").strip() for c in (blue, green)))
"""


def test_clusters_run_for_an_ordinary_user() -> None:
    home = fresh_folder("home")
    home.mkdir()
    own(home)
    done = run_as_ordinary_user(AS_ORDINARY_USER, home)
    assert (done.returncode, done.stdout) == (0, "True True True\n1 1\n"), done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run under another account than root's own")
def test_a_closed_home_stays_closed_and_the_servers_live_elsewhere(tmp_path: Path) -> None:
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    state = closed / "project" / ".state"
    state.mkdir(parents=True)
    folder = servers(state)
    try:
        assert not folder.is_relative_to(closed)
        assert servers(state) == folder, "the next start must find the same place"
        cluster = Cluster(18, folder / "c").create().start()
        cluster.stop()
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(folder)
    assert servers(state) != folder, "a folder that is gone is replaced"
    shutil.rmtree(servers(state))


KILLED = """
import os, signal
from localstack.throwaway import make
cluster = make(18)
print(cluster.pid, cluster.folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_no_server_outlives_a_killed_test() -> None:
    done = subprocess.run([sys.executable, "-c", KILLED], env=child_environment(), capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    pid, folder = done.stdout.split()
    end = time.monotonic() + 20
    while Path(folder).exists() or Path(f"/proc/{pid}").exists():
        assert time.monotonic() < end, f"the server {pid} on {folder} is still there"
        time.sleep(0.05)


def test_a_taken_port_is_not_insisted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look for a free port and the server's bind another process may take it."""
    with closing(socket.socket()) as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        taken = stranger.getsockname()[1]
        offers = iter([taken, taken, free_port()])
        monkeypatch.setattr("localstack.cluster.free_port", lambda: next(offers))
        with throwaway(18) as cluster:
            assert cluster.port not in (0, taken)
            with closing(cluster.connect()) as db:
                assert db.execute("select 1").fetchone() == (1,)


def test_a_port_that_somebody_insists_on_is_an_error_when_taken() -> None:
    with closing(socket.socket()) as stranger, throwaway(18) as cluster:
        cluster.stop()
        stranger.bind(("127.0.0.1", cluster.port))
        stranger.listen()
        with pytest.raises(ServerDidNotStart, match="could not bind"):
            cluster.start()


def test_a_bad_setting_is_an_error_with_the_servers_own_words() -> None:
    with pytest.raises(ServerDidNotStart, match="shared_buffers"), throwaway(16, shared_buffers="much"):
        pytest.fail("it started")
