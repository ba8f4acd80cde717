"""What is said of the servers themselves: settings, room, the way between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cutover.connections import ConnectionInfo
from cutover.errors import ConnectionRefused
from cutover.postgres.preflight_pair import Pair, gather, judge
from cutover.postgres.preflight_pair.facts import Reach
from cutover.postgres.preflight_pair.reach import reach
from localstack.cluster import Cluster
from localstack.pgbouncer import PgBouncer
from localstack.throwaway import throwaway
from support.pair_preflighting import Asked, MakePair, codes

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def poor() -> Iterator[Cluster]:
    """A PostgreSQL 18 that is set up for nothing."""
    with throwaway(
        18,
        wal_level="replica",
        max_wal_senders=1,
        max_replication_slots=0,
        max_logical_replication_workers=0,
        max_worker_processes=0,
        max_slot_wal_keep_size="100MB",
        idle_replication_slot_timeout="1h",
        track_commit_timestamp="off",
        max_connections=12,
    ) as cluster:
        yield cluster


@pytest.fixture
def with_poor_green(make_pair: MakePair, pg16: Cluster, poor: Cluster, pooler: PgBouncer) -> Asked:
    return Asked(make_pair(pg16, poor, load=False), pooler)


def test_a_server_that_is_set_up_for_nothing(with_poor_green: Asked) -> None:
    found = [f for f in with_poor_green.findings() if f.object.endswith(("(database green_0)", "of green"))]
    said = {f.code: f for f in found if f.severity == "error"}
    assert set(said) == {"BG004", "BG005", "BG006", "BG007"}, said
    assert "wal_level is replica" in said["BG004"].message and "no way back" in said["BG004"].message
    assert "all 0 replication slots are in use" in said["BG005"].message
    assert "1 of 1 WAL senders are free" in said["BG006"].message
    assert all("ALTER SYSTEM SET" in (f.fix or "") and "restart" in (f.fix or "") for f in said.values())
    warned = [f for f in found if f.severity == "warning"]
    assert {"BG007", "BG008", "BG011"} <= codes(warned)
    assert any("gives the slot up before the run does" in f.message for f in warned)
    assert any("idle_replication_slot_timeout is 60 min" in f.message for f in warned)
    assert any("blue's takes" in f.message for f in warned if f.code == "BG011")
    assert "BG012" in codes(found, "info")
    workers = [f.message for f in found if f.code == "BG007" and f.severity == "error"]
    assert (
        workers
        == [
            "all 0 logical replication workers are in use (max_logical_replication_workers).",
            "all 0 replication origins are in use (max_active_replication_origins).",
        ]
        or len(workers) == 1
    )


def test_an_older_green_is_refused_and_nothing_else_is_asked_of_it(
    make_pair: MakePair, pg16: Cluster, pg18: Cluster, pooler: PgBouncer
) -> None:
    asked = Asked(make_pair(pg18, pg16, load=False), pooler)
    found = asked.one("BG001")
    assert found.severity == "error" and "is older than blue's" in found.message
    assert asked.one("BG057").severity == "warning"


@pytest.fixture(scope="module")
def seen(lasting_asked: Any) -> Pair:
    """One look, whose figures the tests below change: no server can be had for each of them."""
    return lasting_asked("CREATE TABLE t (id int PRIMARY KEY)").facts()  # type: ignore[no-any-return]


def changed(pair: Pair, side: str, **server: Any) -> Pair:
    """The same pair with other facts of one side's server."""
    old = getattr(pair, side)
    return replace(pair, **{side: replace(old, server=replace(old.server, **server))})


@pytest.mark.parametrize(
    ("side", "facts", "code", "severity", "words"),
    [
        ("blue", {"version": 140011, "version_text": "14.11"}, "BG001", "error", "15 is the oldest"),
        ("green", {"version": 190001, "version_text": "19.1"}, "BG001", "error", "18 is the newest"),
        ("green", {"in_recovery": True}, "BG002", "error", "leads to a standby"),
        ("blue", {"read_only": True}, "BG002", "error", "default_transaction_read_only is on"),
        ("blue", {"wal_level": "replica"}, "BG004", "error", "nothing could follow it"),
        ("blue", {"slots_used": 20}, "BG005", "error", "all 20 replication slots"),
        ("blue", {"senders_used": 19}, "BG006", "error", "1 of 20"),
        ("blue", {"workers_used": 12}, "BG007", "error", "workers are in use"),
        ("green", {"origins_used": 99}, "BG007", "error", "max_active_replication_origins"),
        ("blue", {"origins_used": 99}, "BG007", "error", "max_replication_slots"),
        ("blue", {"slot_wal_mb": 1000}, "BG008", "warning", "1000 MB"),
        ("green", {"disk_limit": "1MB"}, "BG010", "error", "of 1.0 MiB"),
        ("green", {"disk_limit": "1TB"}, "BG010", "info", "of 1.0 TiB"),
        ("green", {"disk_limit": "plenty"}, "BG010", "error", "is no size"),
        ("blue", {"database_bytes": 2**40}, "BG010", "warning", "2.0 TiB should be free"),
        ("blue", {"connections_used": 196}, "BG011", "error", "of 197 connections are left"),
        ("green", {"connections_used": 188}, "BG011", "warning", "10 of 197"),
        ("green", {"role_limit": 5}, "BG011", "error", "of 5 connections"),
        ("green", {"commit_timestamps": False}, "BG012", "info", "track_commit_timestamp is off"),
        ("blue", {"large_objects": 7}, "BG030", "error", "7 large objects"),
        ("blue", {"holds_journal": True}, "BG044", "error", "cutover_journal is in this database"),
        ("blue", {"provider": "i", "locale": "de"}, "BG039", "error", "without ICU"),
        ("green", {"encoding": "LATIN1"}, "BG039", "error", "LATIN1"),
        ("green", {"provider": "b", "locale": "C.UTF-8"}, "BG039", "warning", "it sorts by builtin C.UTF-8"),
        ("green", {"collation_version": "9"}, "BG039", "info", "may differ"),
    ],
)
def test_each_figure_has_its_verdict(
    seen: Pair, side: str, facts: dict[str, Any], code: str, severity: str, words: str
) -> None:
    assert (code, severity) not in {(f.code, f.severity) for f in judge(seen) if words in f.message}
    found = [f for f in judge(changed(seen, side, **facts)) if f.code == code and words in f.message]
    assert [f.severity for f in found] == [severity], found


def test_the_wal_that_may_be_kept_is_said(seen: Pair) -> None:
    (found,) = [f for f in judge(seen) if f.code == "BG009"]
    assert found.severity == "info" and "up to 20GB more" in found.message and "pg_wal holds" in found.message


def test_one_database_by_two_names(asked: Asked) -> None:
    asked.world.infos["shop_green"] = replace(asked.world.blue_info, conn_id="shop_green", host="localhost")
    found = asked.one("BG003")
    assert "are one database" in found.message and "shop_green" in (found.fix or "")


def test_each_server_must_reach_the_other(asked: Asked) -> None:
    """The address that Airflow uses is fine; the one that the other server shall use is not."""
    blue, green = asked.world.blue_info, asked.world.green_info
    assert asked.of("BG016") == []
    asked.world.infos["shop"] = replace(blue, settings={"peer_port": "9"})
    (found,) = asked.of("BG016")
    assert found.object == "green to blue" and found.severity == "error"
    assert "port 9 failed: Connection refused" in found.message and "peer_host" in (found.fix or "")
    asked.world.infos |= {"shop": blue, "shop_green": replace(green, settings={"peer_host": "nowhere.invalid"})}
    (found,) = asked.of("BG016")
    assert found.object == "blue to green" and "nowhere.invalid" in found.message
    assert asked.world.green("SELECT FROM pg_subscription") == []


@pytest.mark.parametrize("refused", [False, True])
def test_a_password_is_never_logged(asked: Asked, pg16: Cluster, pg18: Cluster, refused: bool) -> None:
    """By the server that is asked to connect, whether the other one lets it in or not."""
    secret = "a secret of shop's"
    if refused:
        asked.as_role("blue", "postgres", asked.world.blue_info.password)
        other = replace(asked.world.blue_info, password=secret)
        found = reach_with(asked, other)
        assert "password authentication failed" in str(found.problem)
        assert secret not in str(found)
    else:
        secret = str(asked.world.blue_info.password)
        assert asked.of("BG016") == []
    assert secret not in pg18.log.read_text() and secret not in pg16.log.read_text()
    assert asked.world.both("SELECT FROM pg_publication") == ([], [])


def reach_with(asked: Asked, peer: ConnectionInfo) -> Reach:
    ctx = asked.draft()
    with gather.session(ctx, "blue") as (here, _), gather.session(ctx, "green") as (there, _):
        blue = gather.side(ctx, here, "blue", asked.limits)
        green = gather.side(ctx, there, "green", asked.limits)
        return reach(there, green, here, blue, peer)


def test_a_green_that_is_still_to_be_made(make_pair: MakePair, pg16: Cluster, pg18: Cluster, pooler: PgBouncer) -> None:
    asked = Asked(make_pair(pg16, pg18, make_green=False), pooler)
    found = asked.findings()
    assert codes(found, "error") == set(), found
    assert "it is not there yet" in next(f.message for f in found if f.code == "BG043")
    assert "made as blue's is: UTF8, libc C.UTF-8" in next(f.message for f in found if f.code == "BG039")
    assert not pg18.has_database(asked.world.green_info.dbname)


def test_wrong_credentials_for_one_side(asked: Asked) -> None:
    asked.as_role("green", "nobody_we_know", "wrong")
    with pytest.raises(ConnectionRefused, match="shop_green"):
        asked.findings()
