"""The same queries on both sides: slower is found, equal is not blamed, and what cannot be told is said."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from cutover.connections import ConnectionInfo
from cutover.context import CancelToken
from cutover.errors import Cancelled
from cutover.journal.check import Check
from cutover.postgres.connect import connect
from cutover.validation import baseline
from cutover.validation.baseline import BaselineSide
from cutover.validation.baseline.noise import SURE_PAIRS
from localstack.cluster import Cluster
from support.rowdiffing import run

ROWS = 60_000


@pytest.fixture(scope="module", params=["pg16", "pg18"])
def info(request: pytest.FixtureRequest) -> Iterator[ConnectionInfo]:
    server: Cluster = request.getfixturevalue(request.param)
    info = server.create_database("baseline")
    run(
        info,
        "CREATE SCHEMA shadow",
        "CREATE TABLE lead (id int PRIMARY KEY, owner int, note text)",
        f"INSERT INTO lead SELECT g, g % 500, repeat('x', 50) FROM generate_series(1, {ROWS}) AS g",
        "CREATE INDEX lead_owner ON lead (owner)",
        "CREATE TABLE shadow.lead (LIKE lead INCLUDING DEFAULTS)",
        "INSERT INTO shadow.lead SELECT * FROM lead",
        "ALTER TABLE shadow.lead ADD CONSTRAINT lead_pkey PRIMARY KEY (id)",
        "CREATE INDEX lead_owner ON shadow.lead (owner)",
        "CREATE SCHEMA bare",
        "CREATE TABLE bare.lead AS TABLE lead",
    )
    with connect(info) as db:
        db.execute("VACUUM ANALYZE")
    yield info
    server.drop_database("baseline")


def compare(info: ConnectionInfo, queries: str, right: str = "shadow", **options: Any) -> dict[str, Check]:
    old, new = BaselineSide("live", info), BaselineSide("new", info, (right, "public"))
    return {check.name: check for check in baseline.run(old, new, queries, **{"seconds": 2, **options})}


def test_equal_sides_are_not_blamed(info: ConnectionInfo) -> None:
    found = compare(info, "-- name: by owner\nSELECT sum(id) FROM lead WHERE owner = 7; SELECT count(*) FROM lead")
    assert list(found) == ["baseline: by owner", "baseline: SELECT count(*) FROM lead"]
    assert not any(check.blocks for check in found.values()), found
    figures = found["baseline: by owner"].figures
    assert figures["pairs"] >= 7
    assert figures["left_ms"] > 0
    assert figures["low"] <= figures["ratio"] <= figures["high"]


def test_a_missing_index_is_found_with_its_plan(info: ConnectionInfo) -> None:
    found = compare(info, "-- name: by owner\nSELECT sum(id) FROM lead WHERE owner = 7", right="bare")
    slow, plan = found["baseline: by owner"], found["plan: by owner"]
    assert slow.blocks
    assert slow.summary.startswith("slower than 10% allow: ")
    assert slow.figures["ratio"] > 3
    assert (plan.ok, plan.severity, plan.code) == (False, "warning", "BASELINE_PLAN")
    assert "[lead_owner]" in plan.figures["plan_left"]
    assert "Seq Scan [lead]" in plan.figures["plan_right"]


def test_a_slow_query_that_is_slower_is_judged_all_the_same(info: ConnectionInfo) -> None:
    """When the time is up after the fewest pairs: to call three times as slow `too noisy` would be a lie."""
    (found, _) = compare(info, "SELECT sum(id) FROM lead WHERE owner = 7", right="bare", seconds=0).values()
    assert found.blocks and found.figures["pairs"] == SURE_PAIRS


def test_a_generous_tolerance_lets_it_pass_but_names_the_plan(info: ConnectionInfo) -> None:
    found = compare(info, "-- name: q\nSELECT sum(id) FROM lead WHERE owner = 7", right="bare", tolerance=10_000.0)
    assert found["baseline: q"].ok
    assert (found["plan: q"].ok, found["plan: q"].severity) == (False, "info")


def test_a_query_that_reads_the_live_table_on_both_sides_is_no_proof(info: ConnectionInfo) -> None:
    """A qualified name goes round the search path: the same table twice is always equally fast."""
    (found,) = compare(info, "SELECT count(*) FROM public.lead").values()
    assert (found.ok, found.severity) == (False, "info")
    assert "reads the same on both sides (public.lead)" in found.summary


def test_a_query_that_breaks_on_the_new_side_blocks(info: ConnectionInfo) -> None:
    run(info, "CREATE SCHEMA IF NOT EXISTS cut", "CREATE TABLE IF NOT EXISTS cut.lead (id int)")
    found = compare(
        info, "-- name: bad\nSELECT note FROM lead; -- name: good\nSELECT id FROM lead LIMIT 1", right="cut"
    )
    assert found["baseline: bad"].blocks
    assert found["baseline: bad"].summary == 'cannot be executed: column "note" does not exist'
    assert "baseline: good" in found, "one broken query must not hide the others"


def test_a_query_that_takes_too_long_is_not_judged(info: ConnectionInfo) -> None:
    (found,) = compare(info, "SELECT pg_sleep(20) FROM lead", timeout=0.2).values()
    assert (found.ok, found.severity) == (False, "warning")
    assert "longer than 0.2 s" in found.summary


def test_nothing_is_written(info: ConnectionInfo) -> None:
    found = compare(info, "-- name: w\nWITH gone AS (DELETE FROM lead RETURNING 1) SELECT count(*) FROM gone")
    assert found["baseline: w"].blocks
    with connect(info) as db:
        assert db.execute(
            "SELECT (SELECT count(*) FROM public.lead), (SELECT count(*) FROM shadow.lead)"
        ).fetchone() == (
            ROWS,
            ROWS,
        )


def test_across_two_servers(pg16: Cluster, pg18: Cluster) -> None:
    sides = []
    for cluster in (pg16, pg18):
        info = cluster.create_database("baseline_pair")
        run(info, "CREATE TABLE lead AS SELECT g AS id FROM generate_series(1, 50000) AS g", "ANALYZE lead")
        sides.append(BaselineSide(f"pg{cluster.version}", info))
    (found, *_) = baseline.run(*sides, "SELECT count(*) FROM lead", tolerance=9.0, seconds=2)
    assert (found.code, found.ok) == ("BASELINE", True)
    for cluster in (pg16, pg18):
        cluster.drop_database("baseline_pair")


def test_an_operator_stops_it(info: ConnectionInfo) -> None:
    token, caught = CancelToken(), []

    def work() -> None:
        try:
            compare(info, "SELECT pg_sleep(60) FROM lead", timeout=100, cancel=token)
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    deadline = time.monotonic() + 30
    with connect(info) as db:
        while time.monotonic() < deadline:
            if db.execute("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'").rowcount:
                break
            threading.Event().wait(0.02)
    token.cancel()
    thread.join(20)
    assert isinstance(caught[0], Cancelled)
