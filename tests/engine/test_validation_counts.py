"""Row counts: exact in one snapshot, and never wrong about rows that are on their way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import sql

from cutover.connections import ConnectionInfo
from cutover.journal.check import Check
from cutover.postgres.connect import connect
from cutover.postgres.rowdiff import RowDiff, Side
from cutover.validation import row_counts, row_diff
from localstack.cluster import Cluster
from support.following import drain, follow, writers
from support.rowdiffing import LIVE, SHADOW, diff, run, twin_tables

PENDING = sql.Identifier("shadow", "log")
ROWS = 3_000


@pytest.fixture(scope="module", params=["pg16", "pg18"])
def empty(request: pytest.FixtureRequest) -> Iterator[ConnectionInfo]:
    server: Cluster = request.getfixturevalue(request.param)
    yield server.create_database("counts")
    server.drop_database("counts")


@pytest.fixture
def info(empty: ConnectionInfo) -> ConnectionInfo:
    info = empty
    run(info, "DROP SCHEMA IF EXISTS live, shadow CASCADE")
    twin_tables(info, "id int PRIMARY KEY, n text, v float8")
    for schema in ("live", "shadow"):
        run(info, f"INSERT INTO {schema}.t SELECT g, 'n' || g, g FROM generate_series(1, {ROWS}) AS g")
    follow(info)
    return info


def check(info: ConnectionInfo, **options: Any) -> Check:
    sides = Side(LIVE, ("id",)), Side(SHADOW, ("id",))
    return row_counts.check(lambda: connect(info), *sides, label="public.t", **{"pending": PENDING, **options})


def test_equal_counts(info: ConnectionInfo) -> None:
    found = check(info)
    assert (found.ok, found.code, found.severity, found.object) == (True, "ROW_COUNT", "error", "public.t")
    assert found.summary == "3,000 rows on both sides"
    assert found.figures["left"] == found.figures["right"] == ROWS


@pytest.mark.parametrize(
    ("statement", "missing", "said"),
    [
        ("DELETE FROM shadow.t WHERE id = 7", 1, "1 are lost"),
        ("INSERT INTO shadow.t VALUES (9999)", -1, "1 are too many"),
    ],
)
def test_a_wrong_count_behind_the_captures_back(info: ConnectionInfo, statement: str, missing: int, said: str) -> None:
    run(info, statement)
    found = check(info)
    assert (found.ok, found.figures["missing"]) == (False, missing)
    assert said in found.summary


def test_statistics_are_not_believed(info: ConnectionInfo) -> None:
    """reltuples and n_live_tup say what they like; rows are counted."""
    run(info, "UPDATE pg_class SET reltuples = 5 WHERE oid = 'shadow.t'::regclass", "DELETE FROM shadow.t WHERE id = 7")
    assert check(info).figures["right"] == ROWS - 1


def test_rows_on_their_way_are_neither_lost_nor_an_excuse(info: ConnectionInfo) -> None:
    run(info, "INSERT INTO live.t VALUES (10001), (10002)", "DELETE FROM live.t WHERE id IN (1, 2, 3)")
    run(info, "UPDATE live.t SET id = 20000 WHERE id = 4", "UPDATE live.t SET v = NULL WHERE id = 5")
    found = check(info)
    assert (found.ok, found.figures["left"], found.figures["right"]) == (True, ROWS - 1, ROWS)
    assert "on their way" in found.summary
    run(info, "DELETE FROM shadow.t WHERE id = 100")
    lost = check(info)
    assert (lost.ok, lost.figures["missing"]) == (False, 1)


def test_exact_under_writers_without_any_drain(info: ConnectionInfo) -> None:
    """The counts drift apart without bound, and yet every snapshot adds up; one stray row never hides."""
    with writers(info, ROWS):
        for _ in range(8):
            assert check(info).ok
        run(info, "INSERT INTO shadow.t VALUES (9999999)")
        for _ in range(5):
            assert check(info).figures["missing"] == -1
            drain(info)


def test_truncate_waits_for_the_drain(info: ConnectionInfo) -> None:
    run(info, "TRUNCATE live.t")
    undecided = check(info, patience=0)
    assert (undecided.ok, undecided.figures["truncated"]) == (False, True)
    assert "TRUNCATE" in undecided.summary
    settled = check(info, settle=lambda: drain(info))
    assert (settled.ok, settled.figures["left"], settled.figures["right"]) == (True, 0, 0)


def test_without_a_log(info: ConnectionInfo) -> None:
    assert check(info, pending=None).ok
    run(info, "INSERT INTO live.t VALUES (10001)")
    assert not check(info, pending=None).ok


def test_a_diff_as_a_check(info: ConnectionInfo) -> None:
    good = row_diff.check(diff(info), label="public.t")
    assert (good.ok, good.code, good.summary) == (True, "ROW_DIFF", "all 3,000 rows are the same on both sides")
    run(
        info,
        "UPDATE shadow.t SET n = 'secret', v = -1 WHERE id <= 2",
        "UPDATE shadow.t SET v = -1 WHERE id = 3",
        "DELETE FROM shadow.t WHERE id = 4",
        "INSERT INTO shadow.t VALUES (5000)",
    )
    bad = row_diff.check(diff(info), label="public.t")
    assert bad.blocks
    assert bad.summary == ("3 changed, 1 missing on the other side, 1 only on the other side (of 3,000 rows); in: v, n")
    assert bad.figures["first_keys"][0] == {"kind": "changed", "id": "1"}
    assert "secret" not in str(bad.as_dict()), "values belong into the report, not into the journal"


def test_an_undecided_diff_blocks() -> None:
    found = row_diff.check(RowDiff(rows_left=5, rows_right=5, undecided=2), label="public.t")
    assert found.blocks
    assert "2 undecided" in found.summary
