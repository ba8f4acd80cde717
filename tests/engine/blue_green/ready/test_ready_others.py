"""What others do on both sides: slots, publications, subscriptions, transactions, other runs, and what is left of"
" them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
import pytest

from localstack.cluster import Cluster
from localstack.pgbouncer import PgBouncer
from support.pair_preflighting import Asked, MakePair, codes
from support.pair_world import until

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def asked(make_pair: MakePair, pg16: Cluster, pg18: Cluster, pooler: PgBouncer) -> Asked:
    world = make_pair(pg16, pg18, load=False)
    world.blue("CREATE TABLE t (id int PRIMARY KEY)")
    return Asked(world, pooler)


@contextlib.contextmanager
def slot(asked: Asked, name: str) -> Iterator[None]:
    asked.world.blue(f"SELECT pg_create_logical_replication_slot('{name}', 'pgoutput')")
    try:
        yield
    finally:
        asked.world.blue(
            f"SELECT pg_drop_replication_slot('{name}') FROM pg_replication_slots WHERE slot_name = '{name}'"
        )


def test_a_slot_that_nobody_reads_from(asked: Asked) -> None:
    with slot(asked, "debezium"):
        found = asked.mends("BG045", "blue")
    assert found.severity == "warning" and "nobody reads from it" in found.message


def test_a_consumer_at_work_stays_on_blue(asked: Asked) -> None:
    """A subscriber of somebody else's: its slot is active, and its publication is not carried."""
    asked.world.blue("CREATE PUBLICATION warehouse FOR TABLE t")
    with psycopg.connect(asked.world.green_info.conninfo(dbname="postgres"), autocommit=True) as other:
        other.execute("CREATE DATABASE ready_warehouse")
    conninfo = asked.world.green_info.conninfo(dbname="ready_warehouse")
    try:
        with psycopg.connect(conninfo, autocommit=True) as reader:
            reader.execute("CREATE TABLE t (id int PRIMARY KEY)")
            reader.execute(
                psycopg.sql.SQL("CREATE SUBSCRIPTION warehouse CONNECTION {} PUBLICATION warehouse").format(
                    psycopg.sql.Literal(asked.world.blue_info.conninfo())
                )
            )
            active = "SELECT active FROM pg_replication_slots WHERE slot_name = 'warehouse'"
            until(lambda: asked.world.blue(active) == [(True,)], "the subscriber reads")
            found = asked.findings()
            (stays,) = [f for f in found if f.code == "BG045" and f.object == "slot warehouse"]
            assert "a consumer (pgoutput) reads blue's changes" in stays.message
            (publication,) = [f for f in found if f.code == "BG046"]
            assert publication.severity == "warning" and "not carried to green (1 tables" in publication.message
            assert codes(found, "error") == set(), [f.message for f in found if f.severity == "error"]
    finally:
        with psycopg.connect(conninfo, autocommit=True) as reader:
            reader.execute("DROP SUBSCRIPTION IF EXISTS warehouse")
        with psycopg.connect(asked.world.green_info.conninfo(dbname="postgres"), autocommit=True) as other:
            other.execute("DROP DATABASE ready_warehouse WITH (FORCE)")


def test_a_publication_of_all_tables(asked: Asked) -> None:
    asked.world.blue("CREATE PUBLICATION everything FOR ALL TABLES")
    found = asked.one("BG046")
    assert "FOR ALL TABLES" in found.message and "cutover_sync" in found.message


@pytest.mark.parametrize("side", ["blue", "green"])
def test_somebody_elses_subscription_is_an_error(asked: Asked, side: str) -> None:
    run = asked.world.blue if side == "blue" else asked.world.green
    run("CREATE SUBSCRIPTION crm CONNECTION 'host=nowhere.invalid' PUBLICATION p WITH (connect = false)")
    found = asked.mends("BG047", side)
    assert found.severity == "error" and found.object.startswith(side) and "subscription crm writes" in found.message


def test_long_and_prepared_transactions(asked: Asked) -> None:
    from dataclasses import replace

    asked.limits = replace(asked.limits, long_transaction=0.0)
    with psycopg.connect(asked.world.blue_info.conninfo(application_name="lazy")) as lazy:
        lazy.execute("SELECT FROM t")
        (found,) = [f for f in asked.of("BG048") if "lazy" in f.message]
        assert found.severity == "warning" and "idle in it" in found.message
        assert f"pg_terminate_backend({lazy.info.backend_pid})" in (found.fix or "")
    with psycopg.connect(asked.world.blue_info.conninfo()) as preparing:
        preparing.execute("INSERT INTO t VALUES (1)")
        preparing.execute("PREPARE TRANSACTION 'order 4711'")
    try:
        found = asked.mends("BG049", "blue")
        assert found.severity == "error" and found.object == "prepared transaction order 4711"
    finally:
        for (gid,) in asked.world.blue("SELECT gid FROM pg_prepared_xacts"):
            asked.world.blue(f"ROLLBACK PREPARED '{gid}'")


def test_what_is_left_of_an_earlier_run(asked: Asked) -> None:
    """Each kind, with the SQL that takes it away."""
    asked.world.blue("CREATE PUBLICATION cutover_7_blue FOR TABLE t")
    asked.world.blue("SELECT pg_create_logical_replication_slot('cutover_7_blue', 'pgoutput')")
    asked.world.blue(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
        "CREATE TRIGGER cutover_fence_7 BEFORE INSERT ON t EXECUTE FUNCTION no()"
    )
    asked.world.green(
        "CREATE SUBSCRIPTION cutover_7_blue CONNECTION 'host=x' PUBLICATION cutover_7_blue WITH (connect = false)"
    )
    asked.world.green("CREATE DATABASE cutover_7_design")
    found = asked.of("BG050")
    assert {f.message.split(" is left")[0] for f in found} == {
        "publication cutover_7_blue",
        "slot cutover_7_blue",
        "trigger cutover_fence_7 on public.t",
        "subscription cutover_7_blue",
        "database cutover_7_design",
    }
    assert all(f.severity == "error" for f in found)
    from support.pair_preflighting import statements

    for finding in found:
        for statement in statements(finding.fix or ""):
            (asked.world.blue if finding.object.startswith("blue") else asked.world.green)(statement)
    assert asked.of("BG050") == []


def test_a_run_of_ones_own_is_no_obstacle(asked: Asked) -> None:
    """The step preflight, run again by a run that has begun to build."""
    from cutover.postgres.blue_green.steps import ready
    from support.pair_hand import link, plain, unlink

    asked.world.green("CREATE TABLE t (id int PRIMARY KEY)")
    ctx = asked.world.begin()
    ends = link(asked.world, ctx, [plain("t", "id")])
    try:
        found = ready.preflight(ctx)
        assert codes(found, "error") == set(), found
        others = asked.of("BG051")
        assert len(others) == 1 and ctx.run_id in others[0].message and others[0].severity == "error"
    finally:
        unlink(ends)


def test_a_run_of_the_online_strategy(asked: Asked) -> None:
    asked.world.blue("CREATE SCHEMA cutover_old_3_public; CREATE TABLE cutover_old_3_public.t (id int PRIMARY KEY)")
    found = asked.one("BG051")
    assert found.severity == "error" and "run number 3 of the online strategy" in found.message


def test_a_window_that_the_journal_knows(asked: Asked) -> None:
    from datetime import timedelta

    ctx = asked.world.begin()
    asked.world.journal.mark_swapped(ctx.run_id, timedelta(hours=1))
    asked.world.journal.set_state(ctx.run_id, "window")
    found = asked.one("BG051")
    assert ctx.run_id in found.message and "is in its rollback window" in found.message
