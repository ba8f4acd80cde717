"""Other sessions, locks, prepared transactions, connections, the disk, and the server itself."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from cutover.postgres.preflight import Limits, gather, judge
from localstack.cluster import Cluster
from localstack.throwaway import standby_of, throwaway
from support.debian15 import debian15
from support.preflighting import SHOP, Place, codes, migration

pg15 = pytest.fixture(scope="module")(debian15)


@contextlib.contextmanager
def transaction(place: Place, *statements: str, autocommit: bool = False) -> Iterator[psycopg.Connection[Any]]:
    """A session of somebody else with an open transaction."""
    with psycopg.connect(place.info.conninfo(application_name="backoffice"), autocommit=autocommit) as db:
        for statement in statements:
            db.execute(statement.encode())
        yield db
        with contextlib.suppress(psycopg.Error):
            db.rollback()


def test_a_session_idle_in_a_transaction_is_named_and_can_be_ended(place: Place) -> None:
    place.limits = {"long_transaction": 0.0}
    with transaction(place, "SELECT count(*) FROM accounts") as db:
        found = place.one("PF040")
        assert found.severity == "warning" and found.object == f"pid {db.info.backend_pid}"
        assert "backoffice" in found.message and "SELECT count(*) FROM accounts" in found.message
        db.execute("UPDATE leads SET status = 'X' WHERE id = 1")
        found = place.one("PF040")
        assert found.severity == "error" and "ROW EXCLUSIVE on public.leads" in found.message
        assert found.fix == f"SELECT pg_terminate_backend({db.info.backend_pid});"
        place.sql(found.fix)
        with pytest.raises(psycopg.OperationalError):
            db.execute("SELECT 1")
    assert place.of("PF040") == []


def test_a_young_transaction_is_nobodys_business(place: Place) -> None:
    with transaction(place, "SELECT 1"):
        assert place.of("PF040") == []


def test_a_long_running_statement_is_named(place: Place) -> None:
    place.limits = {"long_transaction": 0.0}
    assert place.of("PF039") == []
    import threading

    with psycopg.connect(place.info.conninfo(), autocommit=True) as db:
        runner = threading.Thread(target=_until_ended, args=(db,))
        runner.start()
        try:
            _await(place, "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
            found = place.one("PF039")
            assert found.severity == "error" and "ACCESS SHARE on public.leads" in found.message
            assert "pg_sleep" in found.message
            place.sql(str(found.fix))
        finally:
            db.cancel_safe()
            runner.join()
    assert place.of("PF039") == []


def _until_ended(db: psycopg.Connection[Any]) -> None:
    with contextlib.suppress(psycopg.Error):
        db.execute("SELECT pg_sleep(60) FROM leads")


def _await(place: Place, question: str) -> None:
    """Wait, in the server, until the question's answer is true."""
    place.sql(
        f"DO $$ BEGIN WHILE NOT ({question}) LOOP PERFORM pg_sleep(0.01), pg_stat_clear_snapshot(); END LOOP; END $$"
    )


def test_an_exclusive_lock_is_an_error_and_preflight_does_not_wait_for_it(place: Place) -> None:
    place.limits = {"lock_wait": 100}
    with transaction(place, "LOCK TABLE leads IN ACCESS EXCLUSIVE MODE") as db:
        found = place.findings()
        (held, unread) = [f for f in found if f.code == "PF041"]
        assert f"pid {db.info.backend_pid}" in held.message and "holds ACCESS EXCLUSIVE" in held.message
        assert "could not be read within 100 ms" in unread.message
        assert place.sql(str(unread.fix))
        assert codes(found, "error") == {"PF041"}


def test_weaker_locks_and_waiting_ones_are_warnings(place: Place) -> None:
    with transaction(place, "LOCK TABLE leads IN SHARE UPDATE EXCLUSIVE MODE") as db:
        found = place.one("PF041")
        assert found.severity == "warning" and "SHARE UPDATE EXCLUSIVE" in found.message
        db.execute("INSERT INTO leads (id) VALUES (999)")
        assert len(place.of("PF041")) == 1


def test_an_everyday_lock_is_no_finding(place: Place) -> None:
    with transaction(place, "SELECT * FROM leads FOR UPDATE"):
        assert place.of("PF041") == []


def test_locks_on_tables_tied_by_foreign_keys_count(place: Place) -> None:
    place.sql("CREATE TABLE items (lead int REFERENCES leads)")
    with transaction(place, "LOCK TABLE items IN SHARE MODE"):
        assert place.one("PF041").object == "public.items"


@pytest.mark.parametrize("version", [16, 18])
def test_an_autovacuum_against_wraparound_is_recognised(version: int) -> None:
    """A real one: the table is old enough to be frozen by force, and vacuumed slowly enough to be seen."""
    settings = {
        "autovacuum_naptime": "1s",
        "autovacuum_vacuum_cost_delay": "100ms",
        "autovacuum_vacuum_cost_limit": "1",
    }
    with throwaway(version, autovacuum="on", **settings) as cluster:
        place = Place(cluster.create_database("shop"), version)
        place.sql(SHOP)
        place.sql("INSERT INTO leads (id, status) SELECT i, repeat('x', 100) FROM generate_series(1000, 20000) i")
        place.sql("ALTER TABLE leads SET (autovacuum_freeze_max_age = 100000, autovacuum_vacuum_cost_delay = 100)")
        place.sql("CREATE TABLE t (i int)")
        place.sql(
            "DO $$ BEGIN FOR i IN 1..101000 LOOP BEGIN INSERT INTO t VALUES (1); EXCEPTION WHEN division_by_zero"
            " THEN NULL;"
            " END; END LOOP; END $$"
        )
        _await(place, "EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'autovacuum:%public.leads%wraparound%')")
        found = place.one("PF041")
        assert found.severity == "warning" and "does not give way" in found.message
        place.sql(str(found.fix).removeprefix("wait for it: "))


@pytest.mark.parametrize("version", [16, 18])
def test_prepared_transactions_are_found_with_and_without_a_restart(version: int) -> None:
    with throwaway(version, max_prepared_transactions=5) as cluster:
        place = Place(cluster.create_database("shop"), version)
        place.sql(SHOP)
        assert place.of("PF042") == []
        with psycopg.connect(place.info.conninfo()) as db:
            db.execute("UPDATE leads SET status = 'X'")
            db.execute("PREPARE TRANSACTION 'it''s'")
        for _ in range(2):
            found = place.one("PF042")
            assert found.severity == "error" and "ROW EXCLUSIVE on public.leads" in found.message
            cluster.restart()
        place.mends("PF042")
        with psycopg.connect(place.info.conninfo()) as db:
            db.execute("UPDATE accounts SET name = 'X'")
            db.execute("PREPARE TRANSACTION 'other'")
        facts = place.facts()
        aged = replace(facts, old_transactions=[replace(old, seconds=11.0) for old in facts.old_transactions])
        assert [f.severity for f in judge(aged) if f.code == "PF042"] == ["warning"]


def test_too_few_connections_are_an_error_by_whatever_limit(place: Place) -> None:
    assert place.of("PF043") == []
    place.sql(f'ALTER DATABASE "{place.info.dbname}" CONNECTION LIMIT 5')
    found = place.mends("PF043")
    assert found.severity == "error" and found.object == f"database {place.info.dbname}"
    place.sql(f'ALTER DATABASE "{place.info.dbname}" CONNECTION LIMIT 8')
    assert place.one("PF043").severity == "warning"
    assert place.one("PF043", backfill={"workers": 30}).severity == "error"


def test_the_disk_is_compared_only_where_somebody_said_how_large_it_is(place: Place) -> None:
    assert "Free space is not visible from SQL" in place.one("PF038").message
    for limit, severity in (("1MB", "error"), ("9999GB", "info"), ("a lot", "error")):
        place.sql(f"ALTER DATABASE \"{place.info.dbname}\" SET cutover.disk_limit = '{limit}'")
        found = [f for f in place.of("PF038") if f.severity == severity]
        assert found, limit
    assert "'a lot' is no size" in found[0].message


def test_the_disk_needed_is_what_the_copy_takes(place: Place) -> None:
    place.sql("CREATE MATERIALIZED VIEW m AS SELECT * FROM leads")
    (size,) = place.sql("SELECT pg_total_relation_size('leads') + pg_total_relation_size('m')")
    facts = place.facts()
    from cutover.postgres.preflight import disk

    assert disk.needed(facts) == {"pg_default": size[0]}


def test_a_large_table_makes_it_a_warning(place: Place) -> None:
    facts = place.facts()
    (table,) = facts.tables
    assert table.size
    large = replace(facts, tables=[replace(table, size=replace(table.size, heap=2**31))])
    assert [f.severity for f in judge(large) if f.code == "PF038"] == ["warning"]


@pytest.mark.parametrize(("version", "words"), [(140012, "PostgreSQL"), (190001, "18 is the newest")])
def test_versions_out_of_range_are_refused(place: Place, version: int, words: str) -> None:
    facts = place.facts()
    other = replace(facts, server=replace(facts.server, version=version))
    assert words in next(f for f in judge(other) if f.code == "PF002").message


def test_version_15_is_understood(pg15: Cluster) -> None:
    place = Place(pg15.create_database("shop15"), 15)
    place.sql(SHOP)
    place.sql(
        "CREATE PUBLICATION chosen FOR TABLE leads (id, code) WHERE (id > 0); CREATE PUBLICATION ours FOR TABLES"
        " IN SCHEMA public"
    )
    wanted = {"name": "leads", "alter": "a.sql", "columns": {"b": "upper(code)"}}
    assert (
        codes(place.findings(wanted, files={"a.sql": "ALTER TABLE leads ADD b text, ALTER id TYPE bigint"}), "error")
        == set()
    )


def test_a_collation_that_changed_under_a_text_key_is_refused(pg15: Cluster) -> None:
    place = Place(pg15.create_database("collated"), 15)
    place.sql('CREATE TABLE words (w text COLLATE "de-x-icu" PRIMARY KEY); CREATE TABLE plain (w text PRIMARY KEY)')
    assert place.of("PF010", "words", "plain") == []
    place.sql("UPDATE pg_collation SET collversion = '1.1' WHERE collname = 'de-x-icu'")
    found = place.one("PF010", "words", "plain")
    assert found.object == "public.words" and "de-x-icu has changed" in found.message
    for statement in str(found.fix).split(";")[:2]:
        place.sql(statement)
    assert place.of("PF010", "words", "plain") == []


def test_a_database_whose_collation_changed_counts_for_text_keys_alone(place: Place) -> None:
    place.sql("CREATE TABLE words (w text PRIMARY KEY)")
    facts = replace(place.facts("leads", "words"), database_collation_stale=True)
    assert [f.object for f in judge(facts) if f.code == "PF010"] == ["public.words"]


@pytest.mark.parametrize("version", [16, 18])
def test_a_standby_is_refused_and_nothing_is_tried_there(version: int) -> None:
    with throwaway(version) as primary:
        place = Place(primary.create_database("shop"), version)
        place.sql(SHOP)
        with standby_of(primary) as standby:
            there = Place(standby.info(dbname="shop"), version)
            _await_tables(there)
            found = there.findings()
    assert codes(found, "error") == {"PF003"}
    assert "standby" in next(f for f in found if f.code == "PF003").message


def _await_tables(place: Place) -> None:
    """The standby replays the database's creation; ask until it knows the table."""
    import time

    until = time.monotonic() + 30
    while time.monotonic() < until:
        with contextlib.suppress(psycopg.Error):
            if place.sql("SELECT to_regclass('public.leads') IS NOT NULL") == [(True,)]:
                return
    raise AssertionError("the standby did not catch up")


def test_a_read_only_database_is_refused(place: Place) -> None:
    assert place.of("PF003") == []
    place.sql(f'ALTER DATABASE "{place.info.dbname}" SET default_transaction_read_only = on')
    found = place.one("PF003")
    assert "default_transaction_read_only is on" in found.message
    with place.admin() as db:
        db.execute("SET default_transaction_read_only = off")
        for statement in re.split(r";\s*", str(found.fix).rstrip(";")):
            db.execute(statement.encode())
    assert place.of("PF003") == []


def test_what_this_run_built_itself_is_no_obstacle_to_it(place: Place) -> None:
    spec = migration([{"name": "leads"}])
    place.sql(STATE)
    with place.session() as db:
        own = gather(db, spec, Limits(run_id="leads_v1.1", run_number=7))
        other = gather(db, spec, Limits(run_id="leads_v2.1", run_number=8))
    assert codes(judge(own)) == {"PF038"}
    taken = next(f for f in judge(other) if f.code == "PF035")
    assert taken.severity == "error" and "run leads_v1.1 is at work on the table (phase filled)" in taken.message
    place.sql("UPDATE cutover.online_table SET live = 'shadow', phase = 'settled'")
    taken = place.one("PF035")
    assert "in the rollback window of run leads_v1.1" in taken.message and "finalize leads_v1.1" in str(taken.fix)


STATE = """
CREATE SCHEMA cutover;
CREATE TABLE cutover.online_run (run_id text PRIMARY KEY, number bigint);
CREATE TABLE cutover.online_table (run_id text, schema_name text, table_name text, live text, phase text);
INSERT INTO cutover.online_run VALUES ('leads_v1.1', 7);
INSERT INTO cutover.online_table VALUES ('leads_v1.1', 'public', 'leads', 'original', 'filled');
CREATE SCHEMA cutover_new_7_public; CREATE TABLE cutover_new_7_public.leads (id int);
"""


def test_leftovers_that_no_run_accounts_for_are_named(place: Place) -> None:
    assert place.of("PF036") == []
    place.sql(
        "CREATE SCHEMA cutover_new_3_public; CREATE SCHEMA cutover_new_3_other; CREATE SCHEMA cutover_old_2_public"
    )
    assert [f.object for f in place.of("PF036")] == ["schema cutover_new_3_public", "schema cutover_old_2_public"]
    assert codes(place.of("PF036"), "warning") == {"PF036"}
    place.sql("DROP SCHEMA cutover_new_3_public; CREATE TABLE cutover_old_2_public.leads (id int)")
    assert "knows nothing. It holds cutover_old_2_public.leads" in place.one("PF036").message
    place.limits = {"run_number": 2}
    found = place.mends("PF036")
    assert found.severity == "error" and "this run's number 2" in found.message


def test_capture_triggers_without_a_run_are_refused(place: Place) -> None:
    place.sql(
        "CREATE SCHEMA cutover; CREATE FUNCTION cutover.capture() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN"
        " RETURN NULL; END';"
        "CREATE TRIGGER cutover_capture_insert AFTER INSERT ON leads FOR EACH STATEMENT EXECUTE FUNCTION"
        " cutover.capture()"
    )
    assert "cutover_capture_insert" in place.mends("PF037").message
