"""The diff beside live writers: what is in flight is no difference, and no difference hides behind it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from cutover.connections import ConnectionInfo
from cutover.context import CancelToken
from cutover.errors import Cancelled
from cutover.postgres.connect import connect
from cutover.postgres.rowdiff import ComparedColumn, RowDiff
from localstack.cluster import Cluster
from support.following import drain, drain_within, follow, writers
from support.rowdiffing import diff, named, run, twin_tables

PENDING = sql.Identifier("shadow", "log")
ROWS = 6_000


@pytest.fixture(scope="module", params=["pg16", "pg18"])
def empty(request: pytest.FixtureRequest) -> Iterator[ConnectionInfo]:
    server: Cluster = request.getfixturevalue(request.param)
    yield server.create_database("diff_live")
    server.drop_database("diff_live")


@pytest.fixture
def info(empty: ConnectionInfo) -> ConnectionInfo:
    info = empty
    run(info, "DROP SCHEMA IF EXISTS live, shadow CASCADE")
    twin_tables(info, "id int PRIMARY KEY, n text, v float8")
    for schema in ("live", "shadow"):
        run(info, f"INSERT INTO {schema}.t SELECT g, 'n' || g, g FROM generate_series(1, {ROWS}) AS g")
    follow(info)
    return info


def live_diff(info: ConnectionInfo, **options: Any) -> RowDiff:
    return diff(info, pending=PENDING, **{"settle": lambda: drain(info), "drain": drain_within, **options})


def test_never_a_false_difference_under_writers(info: ConnectionInfo) -> None:
    """Inserts, updates to NULL, changed keys, delete and insert again, 200 rows at once: in flight, never lost."""
    looked_again = 0
    with writers(info, ROWS, hot=17) as written:
        for _ in range(8):
            result = live_diff(info, chunk_rows=700)
            assert result.ok, result
            looked_again += result.looked_again
    assert looked_again > 0, "nothing was ever in flight: the test has not tested what it is for"
    assert len(written) > 100
    drain(info)
    assert live_diff(info).ok
    assert diff(info).ok


def test_without_the_log_the_same_writers_look_like_differences(info: ConnectionInfo) -> None:
    """What the log is for: a diff that does not read it reports rows that are only on their way."""
    with writers(info, ROWS):
        assert any(not diff(info, chunk_rows=700).ok for _ in range(20))


def test_real_differences_are_found_under_writers(info: ConnectionInfo) -> None:
    """Rows changed behind the capture's back are named exactly, although their neighbours are in flight."""
    run(info, "DELETE FROM shadow.t WHERE id = 100001", "INSERT INTO shadow.t VALUES (100002, 'ghost', 1)")
    run(info, "INSERT INTO live.t VALUES (100001, 'lost', 1), (100003, 'stale', 1)")
    drain(info)
    run(info, "DELETE FROM shadow.t WHERE id = 100001", "UPDATE shadow.t SET v = 2 WHERE id = 100003")
    expected = {
        ("100001",): ("missing_right", ()),
        ("100002",): ("missing_left", ()),
        ("100003",): ("changed", ("v",)),
    }
    with writers(info, ROWS):
        for _ in range(3):
            result = live_diff(info, chunk_rows=700)
            assert named(result) == expected
            assert (result.total, result.undecided) == (3, 0)


def test_a_key_is_in_flight_only_while_the_log_says_so(info: ConnectionInfo) -> None:
    """An entry of another key excuses nothing."""
    run(info, "UPDATE live.t SET n = 'x' WHERE id = 5", "UPDATE shadow.t SET n = 'y' WHERE id = 6")
    result = live_diff(info, settle=None, drain=None, patience=0)
    assert named(result) == {("6",): ("changed", ("n",))}
    assert (result.undecided, result.undecided_keys) == (1, ({"id": "5"},))


def test_what_stays_in_flight_is_not_called_equal(info: ConnectionInfo) -> None:
    run(info, "UPDATE live.t SET n = 'x' WHERE id <= 3", "DELETE FROM live.t WHERE id = 4")
    result = live_diff(info, settle=None, drain=None, patience=0.2)
    assert (result.ok, result.total, result.undecided) == (False, 0, 4)
    assert {key["id"] for key in result.undecided_keys} == {"1", "2", "3", "4"}
    assert result.seconds < 10


def test_somebody_elses_drain_is_waited_for(info: ConnectionInfo) -> None:
    run(info, "UPDATE live.t SET n = 'x' WHERE id <= 3")
    helper = threading.Timer(0.3, drain, [info])
    helper.start()
    result = live_diff(info, settle=None, drain=None, patience=30)
    helper.join()
    assert result.ok
    assert result.looked_again == 3


def test_a_drain_that_mends_wrongly_is_found_out(info: ConnectionInfo) -> None:
    """In flight at first, but wrong once the log is empty: a difference like any other."""
    run(info, "UPDATE live.t SET n = 'x' WHERE id <= 3")
    result = live_diff(info, settle=lambda: run(info, "DELETE FROM shadow.log"), drain=None)
    assert named(result) == {(str(n),): ("changed", ("n",)) for n in (1, 2, 3)}


@pytest.mark.parametrize("rows", [900, 5_000])
def test_a_large_statement_in_flight(info: ConnectionInfo, rows: int) -> None:
    """Few keys are remembered one by one, many as their range; a real difference among them counts once."""
    run(info, f"UPDATE live.t SET n = 'x' WHERE id <= {rows}", "UPDATE shadow.t SET v = -1 WHERE id = 5999")
    result = live_diff(info)
    assert named(result) == {("5999",): ("changed", ("v",))}
    assert (result.changed, result.rows_left, result.looked_again) == (1, ROWS, rows)


@pytest.mark.parametrize("rows", [900, 5_000])
def test_a_large_statement_that_is_never_drained(info: ConnectionInfo, rows: int) -> None:
    run(info, f"UPDATE live.t SET n = 'x' WHERE id <= {rows}", "UPDATE shadow.t SET v = -1 WHERE id = 5999")
    result = live_diff(info, settle=None, drain=None, patience=0, limit=10)
    assert (result.undecided, result.changed, result.rows_left) == (rows, 1, ROWS)
    assert len(result.undecided_keys) == 10
    assert named(result) == {("5999",): ("changed", ("v",))}


def test_truncate_puts_everything_in_flight(info: ConnectionInfo) -> None:
    run(info, "TRUNCATE live.t", "INSERT INTO live.t VALUES (1, 'first', 1)")
    undecided = live_diff(info, settle=None, drain=None, patience=0)
    assert (undecided.total, undecided.undecided) == (0, ROWS)
    settled = live_diff(info)
    assert (settled.ok, settled.rows_left, settled.rows_right) == (True, 1, 1)


def test_progress_ends_at_all_rows(info: ConnectionInfo) -> None:
    run(info, "ANALYZE live.t")
    seen: list[tuple[int, int]] = []
    diff(info, chunk_rows=500, progress=lambda done, total: seen.append((done, total)))
    assert len(seen) >= ROWS // 500
    assert seen == sorted(seen)
    assert seen[-1] == (ROWS, ROWS)


def no_session_left(info: ConnectionInfo, patience: float = 10) -> bool:
    """The server ends a closed session in its own time."""
    ends = time.monotonic() + patience
    while sessions(info) and time.monotonic() < ends:
        threading.Event().wait(0.02)
    return sessions(info) == 0


def sessions(info: ConnectionInfo) -> int:
    with connect(info) as db:
        row = db.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'slow diff'").fetchone()
    assert row is not None
    return int(row[0])


def slow(info: ConnectionInfo, **options: Any) -> RowDiff:
    column = ComparedColumn("v", sql.SQL("(SELECT l.v + 0 FROM pg_sleep(60))"), sql.SQL("r.v"))
    return diff(info, columns=[column], settings={"application": "slow diff"}, **options)


def test_an_operator_stops_it_at_once(info: ConnectionInfo) -> None:
    """The statement is cancelled on the server, and no session is left."""
    token, caught = CancelToken(), []

    def compare() -> None:
        try:
            slow(info, cancel=token)
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=compare)
    thread.start()
    deadline = time.monotonic() + 20
    while sessions(info) < 2 and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    started = time.monotonic()
    token.cancel()
    thread.join(20)
    assert time.monotonic() - started < 5
    assert isinstance(caught[0], Cancelled)
    assert no_session_left(info)


def test_a_failing_expression_stops_all_workers(info: ConnectionInfo) -> None:
    column = ComparedColumn("v", sql.SQL("1 / (l.id - 3000)"), sql.SQL("1 / (r.id - 3000)"))
    with pytest.raises(psycopg.errors.DivisionByZero):
        diff(info, columns=[column], chunk_rows=100, settings={"application": "slow diff"}, workers=3)
    assert no_session_left(info)


def test_a_killed_session_is_an_error_not_a_verdict(info: ConnectionInfo) -> None:
    """A diff that lost its server in the middle must never look like one that found nothing."""

    def kill(done: int, _: int) -> None:
        run(info, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'slow diff'")

    with pytest.raises(psycopg.OperationalError):
        diff(info, chunk_rows=100, progress=kill, settings={"application": "slow diff"})


def test_rows_hidden_by_a_policy_are_an_error(info: ConnectionInfo) -> None:
    """Row security would hide rows on one side, or the same rows on both: neither is a verdict."""
    run(info, "DROP ROLE IF EXISTS reader", "CREATE ROLE reader LOGIN PASSWORD 'reader'")
    run(info, "GRANT USAGE ON SCHEMA live, shadow TO reader", "GRANT SELECT ON live.t, shadow.t TO reader")
    run(info, "ALTER TABLE live.t ENABLE ROW LEVEL SECURITY", "CREATE POLICY few ON live.t USING (id < 10)")
    as_reader = ConnectionInfo(**{**_fields(info), "user": "reader", "password": "reader"})
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        diff(as_reader, settings={"row_security": "on"})
    run(info, "DROP OWNED BY reader", "DROP ROLE reader")


def _fields(info: ConnectionInfo) -> dict[str, Any]:
    return {name: getattr(info, name) for name in ("conn_id", "host", "port", "user", "password", "dbname", "extra")}
