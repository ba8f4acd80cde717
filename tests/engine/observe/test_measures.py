"""Each measure on a real server: fine below its limit, over it above, and not taken where nobody could tell."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from cutover.context import RunContext
from cutover.journal.check import Check
from cutover.observing import Look, verdicts
from cutover.observing.measures import baseline, connections, disk, errors, invalid, locks, long_queries, own, wal
from support.online_world import World
from support.pair_world import until

from .conftest import Begin, subject

pytestmark = pytest.mark.engine


def ask(ctx: RunContext, measure: Any, *earlier: Look) -> Check:
    """Ask one of those that share a session."""
    of = subject(ctx, *earlier)
    with ctx.open(of.live, "observe", statement_timeout=of.timeout) as db:
        check = measure.ask(ctx, db, of)
    assert isinstance(check, Check)
    return check


def take(ctx: RunContext, measure: Any, *earlier: Look) -> Check:
    (check,) = measure.take(ctx, subject(ctx, *earlier))
    assert isinstance(check, Check)
    return check


def seen(check: Check) -> Look:
    return Look(datetime.now(UTC), [check])


def transactions(world: World, good: int, bad: int) -> None:
    """Commit and roll back; the server counts a session's at the latest when that ends."""
    with world.connect() as db:
        for number in range(good + bad):
            with contextlib.suppress(psycopg.errors.DivisionByZero):
                db.execute("SELECT 1 / %s", (0 if number < bad else 1,))


def counted(ctx: RunContext, before: Check, at_least: int) -> Check:
    """Ask until the server has counted so many more: it does so a moment after a session has ended."""
    total = before.figures["commits"] + before.figures["rollbacks"] + at_least

    def asked() -> Check | None:
        check = ask(ctx, errors, seen(before))
        figures = check.figures
        return check if "value" in figures and figures["commits"] + figures["rollbacks"] >= total else None

    found = until(asked, "the server has counted")
    assert isinstance(found, Check)
    return found


def begun(ctx: RunContext) -> Check:
    """Look for the first time."""
    first = ask(ctx, errors)
    assert first.ok and "counted from now on" in first.summary
    return first


def usually(first: Check, percent: float) -> Check:
    return replace(first, figures={**first.figures, "usual": percent})


def test_the_error_rate_is_of_what_came_since_the_last_look(world: World, begin: Begin) -> None:
    ctx = begin()
    first = usually(begun(ctx), 0)
    transactions(world, 400, 0)
    well = counted(ctx, first, 400)
    assert well.ok and well.figures["value"] < 1
    transactions(world, 300, 100)
    bad = counted(ctx, well, 400)
    assert verdicts.state(bad) == "over" and 15 < bad.figures["value"] < 30
    assert "transactions were rolled back" in bad.summary


def test_few_transactions_are_counted_together_with_the_next(begin: Begin) -> None:
    ctx = begin()
    first = begun(ctx)
    few = ask(ctx, errors, seen(first))
    assert few.ok and "too few to judge" in few.summary and few.figures["commits"] == first.figures["commits"]


def test_what_was_usual_before_is_no_error_now(world: World, begin: Begin) -> None:
    """An application that ends its reads by ROLLBACK would otherwise be taken back at once."""
    ctx = begin()
    first = begun(ctx)
    transactions(world, 200, 200)
    assert counted(ctx, usually(first, 40.0), 400).ok
    assert not counted(ctx, usually(first, 5.0), 400).ok


def test_what_is_usual_is_what_the_old_side_has_counted(world: World, begin: Begin) -> None:
    transactions(world, 500, 1000)
    total = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
    until(lambda: world.one(total) > 1500, "the server has counted")
    assert begun(begin()).figures["usual"] > 20


def test_counters_that_begin_anew_are_no_errors(begin: Begin) -> None:
    ctx = begin()
    first = begun(ctx)
    later = replace(first, figures={**first.figures, "commits": first.figures["commits"] + 10**9})
    again = ask(ctx, errors, seen(later))
    assert again.ok and "anew" in again.summary


@pytest.mark.parametrize(("percent", "ok"), [(80, True), (0, False)])
def test_connections(begin: Begin, percent: float, ok: bool) -> None:
    check = ask(begin(thresholds={"connections_percent": percent}), connections)
    assert check.ok is ok and check.figures["connections"] >= 1 and " of " in check.summary


@contextlib.contextmanager
def at_work(world: World, name: str, statement: str, state: str) -> Iterator[None]:
    """Let a session run a statement for the block; ``state`` is a condition on ``pg_stat_activity``."""
    with world.connect(application_name=name) as db:
        pid = db.info.backend_pid

        def work() -> None:
            with contextlib.suppress(psycopg.errors.QueryCanceled):
                db.execute(statement.encode())

        thread = threading.Thread(target=work)
        thread.start()
        query = f"SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND {state}"
        until(lambda: world.one(query, pid), f"{name} is at it")
        try:
            yield
        finally:
            db.cancel_safe()
            thread.join()


@contextlib.contextmanager
def waiting(world: World) -> Iterator[None]:
    """One session holds a row, another one waits for it."""
    world.sql("INSERT INTO leads VALUES (1, 'a') ON CONFLICT DO NOTHING")
    with world.connect(application_name="holder") as holder, holder.transaction():
        holder.execute("UPDATE leads SET mail = 'b' WHERE id = 1")
        with at_work(world, "waiter", "UPDATE leads SET mail = 'c' WHERE id = 1", "wait_event_type = 'Lock'"):
            yield


def test_a_wait_for_a_lock(world: World, begin: Begin) -> None:
    strict, patient = begin(thresholds={"lock_wait": "1ms"}), begin()
    assert ask(strict, locks).ok
    with waiting(world):
        check = until(lambda: None if (found := ask(strict, locks)).ok else found, "it has waited for a millisecond")
        assert "waiter (pid " in check.summary and "held up by " in check.summary and "UPDATE" not in check.summary
        assert ask(patient, locks).ok


def test_a_query_that_runs_for_long(world: World, begin: Begin) -> None:
    strict, patient = begin(thresholds={"long_query": "1ms"}), begin()
    with at_work(world, "report", "SELECT pg_sleep(60) /* secret */", "state = 'active'"):
        check = until(lambda: None if (found := ask(strict, long_queries)).ok else found, "it has run for so long")
        assert "report (pid " in check.summary and "secret" not in check.summary
        assert check.figures["slow"] == 1 and ask(patient, long_queries).ok


def test_queries_of_others_that_cannot_be_seen_are_no_fine_ones(world: World, begin: Begin) -> None:
    world.sql("CREATE ROLE onlooker LOGIN PASSWORD 'a word'")
    try:
        hidden = replace(begin(), resolve=lambda _: replace(world.info, user="onlooker", password="a word"))
        with at_work(world, "report", "SELECT pg_sleep(60)", "state = 'active'"):
            check = ask(hidden, long_queries)
        assert verdicts.state(check) == "unknown" and "GRANT pg_read_all_stats TO onlooker" in check.summary
    finally:
        world.sql("DROP ROLE onlooker")


def test_wal_that_a_slot_keeps(world: World, begin: Begin) -> None:
    ctx = begin(thresholds={"wal": "1MB"})
    world.sql("SELECT pg_create_logical_replication_slot('kept_by_a_test', 'pgoutput')")
    try:
        world.sql("CREATE TABLE much AS SELECT n, repeat('x', 500) FROM generate_series(1, 5000) AS n; DROP TABLE much")
        check = ask(ctx, wal)
        assert not check.ok and "for the slot kept_by_a_test" in check.summary and check.figures["value"] > 1 << 20
        assert ask(begin(), wal).ok
    finally:
        world.sql("SELECT pg_drop_replication_slot('kept_by_a_test')")


def test_the_disk_is_judged_by_what_the_spec_says_of_it(begin: Begin) -> None:
    unknown = ask(begin(), disk)
    assert verdicts.state(unknown) == "unknown" and "observe.disk_capacity" in unknown.summary
    assert not ask(begin(disk_capacity="2MB"), disk).ok
    assert ask(begin(disk_capacity="900TB"), disk).ok


QUERIES = "-- name: quick\nSELECT 1;\n-- name: slow\nSELECT count(*) FROM leads RIGHT JOIN pg_sleep(0.2) ON true;"


def test_baseline_queries(begin: Begin) -> None:
    files, validate = {"queries.sql": QUERIES}, {"baseline_queries": "queries.sql"}
    check = take(begin(files, validate), baseline)
    assert check.ok and check.figures["milliseconds"]["slow"] > 200 and "the slowest of 2 takes" in check.summary
    slow = take(begin(files, validate, thresholds={"query_ms": 150}), baseline)
    assert not slow.ok and slow.figures["value"] > 200 and slow.summary.endswith(": slow")
    late = take(begin(files, validate, thresholds={"query_ms": 20}), baseline)
    assert not late.ok and "40.0 ms or more" in late.summary, "nobody waits longer than it takes to know"
    none = begin()
    assert list(baseline.take(none, subject(none))) == []


def test_a_query_that_was_slow_before_the_cutover_is_no_fault_of_the_new_side(begin: Begin) -> None:
    files, validate = {"queries.sql": QUERIES}, {"baseline_queries": "queries.sql"}
    ctx = begin(files, validate, thresholds={"query_ms": 20})
    for before_ms, wanted in ((190.0, "fine"), (90.0, "over")):
        gate = Check("BASELINE", "baseline: slow", True, "error", "as it was", {"left_ms": before_ms}, "slow")
        ctx.journal.record_check(ctx.run_id, gate)
        check = take(ctx, baseline)
        assert verdicts.state(check) == wanted and check.figures["limit"] == 1.5 * before_ms
        assert check.summary.endswith(f": slow, where {before_ms:.1f} ms were usual")


def test_a_baseline_query_that_fails(begin: Begin) -> None:
    files = {"queries.sql": "-- name: gone\nSELECT count(*) FROM nowhere;"}
    check = take(begin(files, {"baseline_queries": "queries.sql"}), baseline)
    assert verdicts.state(check) == "over" and check.summary.startswith("gone cannot be executed: relation")


def test_constraints_and_indexes_that_came_since(world: World, begin: Begin) -> None:
    ctx = begin()
    world.sql("ALTER TABLE leads ADD CONSTRAINT planned CHECK (id > 0) NOT VALID")
    try:
        first = take(ctx, invalid)
        assert first.ok and "1 did not at first" in first.summary
        world.sql("ALTER TABLE leads ADD CONSTRAINT hasty CHECK (mail <> '') NOT VALID")
        check = take(ctx, invalid, seen(first))
        assert not check.ok and check.figures["found"] == ["hasty on public.leads"]
        assert take(begin(thresholds={"violations": 1}), invalid, seen(first)).ok
        world.sql("ALTER TABLE leads VALIDATE CONSTRAINT hasty")
        assert take(ctx, invalid, seen(check)).ok
    finally:
        world.sql("ALTER TABLE leads DROP CONSTRAINT IF EXISTS hasty, DROP CONSTRAINT planned")


@pytest.mark.parametrize(
    ("statement", "wanted", "words"),
    [
        ("SELECT 1.5", "fine", "1.5, at most 2"),
        ("SELECT count(*) + 3 FROM leads WHERE false", "over", "3, at most 2"),
        ("SELECT NULL::int", "unknown", "nothing to judge"),
    ],
)
def test_a_query_of_its_own(begin: Begin, statement: str, wanted: str, words: str) -> None:
    ctx = begin({"own.sql": statement}, queries=[{"name": "errors", "query": "own.sql", "above": 2}])
    (work,) = own.works(subject(ctx))
    (check,) = work.take(ctx, subject(ctx))
    assert (verdicts.state(check), check.object) == (wanted, "errors") and words in check.summary
