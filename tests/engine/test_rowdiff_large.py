"""Wide rows, many differences: memory stays bounded on both ends, totals stay exact."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from cutover.connections import ConnectionInfo
from cutover.postgres.connect import connect
from cutover.postgres.rowdiff import ComparedColumn, Side, diff_tables
from localstack.cluster import Cluster
from support.rowdiffing import LIVE, SHADOW, diff, named, run, twin_tables

MIB = 1 << 20


@pytest.fixture(scope="module", params=["pg16", "pg18"])
def empty(request: pytest.FixtureRequest) -> Iterator[ConnectionInfo]:
    server: Cluster = request.getfixturevalue(request.param)
    yield server.create_database("diff_large")
    server.drop_database("diff_large")


@pytest.fixture
def info(empty: ConnectionInfo) -> ConnectionInfo:
    run(empty, "DROP SCHEMA IF EXISTS live, shadow CASCADE")
    return empty


@contextmanager
def bounded(mib: int) -> Iterator[None]:
    """Fail when Python allocated more than so many MiB at once."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < mib * MIB
    finally:
        tracemalloc.stop()


def anonymous_memory(pid: int) -> int:
    """Return the bytes that a server process holds for itself, shared buffers apart."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon")), 0)


class Peak:
    """The most memory that any server process of the diff held, sampled while it runs."""

    def __init__(self, info: ConnectionInfo) -> None:
        self._info, self._pids, self.bytes = info, set[int](), 0
        self._stop = threading.Event()

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection[Any]]:
        with connect(self._info) as db:
            self._pids.add(db.info.backend_pid)
            yield db

    def _sample(self) -> None:
        while not self._stop.wait(0.005):
            self.bytes = max([self.bytes, *map(anonymous_memory, list(self._pids))])

    def __enter__(self) -> Peak:
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory of server processes is read from /proc")
def test_values_of_one_megabyte(info: ConnectionInfo) -> None:
    """All rows differ in their last byte only, 150 MB a side: neither end ever holds more than a few rows."""
    rows = 150
    twin_tables(info, "id int PRIMARY KEY, doc text, raw bytea, n numeric")
    for schema, end in (("live", "x"), ("shadow", "y")):
        run(info, f"ALTER TABLE {schema}.t ALTER doc SET STORAGE EXTERNAL")
        run(
            info,
            f"INSERT INTO {schema}.t SELECT g, repeat(md5(g::text), 32768) || '{end}', NULL, 1 "
            f"FROM generate_series(1, {rows}) AS g",
        )
    columns = [ComparedColumn.same("doc"), ComparedColumn("json", sql.SQL("to_json(l.doc)"), sql.SQL("to_json(r.doc)"))]
    left, right = Side(LIVE, ("id",)), Side(SHADOW, ("id",))
    with bounded(mib=8), Peak(info) as peak:
        result = diff_tables(peak.connect, left, right, columns, limit=10)
    assert 0 < peak.bytes < 160 * MIB
    assert (result.changed, result.columns) == (rows, {"doc": rows, "json": rows})
    assert len(result.differences) == 10
    shown = result.differences[0].columns[0]
    assert shown.left is not None
    assert shown.left != shown.right, "values that differ beyond what is shown must not look the same"
    assert "(1048577 characters, md5 " in shown.left
    assert len(shown.left) < 300


def test_a_hundred_thousand_differences(info: ConnectionInfo) -> None:
    rows = 100_000
    twin_tables(info, "id int PRIMARY KEY, v text, w int")
    run(info, f"INSERT INTO live.t SELECT g, 'v' || g, 0 FROM generate_series(1, {rows}) AS g")
    run(info, f"INSERT INTO shadow.t SELECT g, NULL, g % 2 FROM generate_series(1, {rows}) AS g")
    with bounded(mib=8):
        result = diff(info, limit=25)
    assert (result.total, result.columns) == (rows, {"v": rows, "w": rows // 2})
    assert [dict(d.key)["id"] for d in result.differences] == [str(n) for n in range(1, 26)]


@pytest.mark.parametrize(
    ("sides", "kind"), [(("live", "shadow"), "missing_right"), (("shadow", "live"), "missing_left")]
)
def test_a_hundred_thousand_missing_rows(info: ConnectionInfo, sides: tuple[str, str], kind: str) -> None:
    """The side that chunks are cut from may be the empty one: all the other side's rows are one range."""
    twin_tables(info, "id int PRIMARY KEY, v text")
    run(info, f"INSERT INTO {sides[0]}.t SELECT g, 'v' || g FROM generate_series(1, 100000) AS g")
    with bounded(mib=8):
        result = diff(info, limit=3)
    assert (result.total, getattr(result, kind)) == (100_000, 100_000)
    assert named(result) == {(str(n),): (kind, ()) for n in (1, 2, 3)}


def test_a_hundred_thousand_keys_in_flight(info: ConnectionInfo) -> None:
    """They are remembered as ranges, and all of them are named undecided when nobody drains."""
    twin_tables(info, "id int PRIMARY KEY, v text")
    run(
        info,
        "CREATE TABLE shadow.log (k1 int, op char(1))",
        "INSERT INTO shadow.log SELECT g, 'i' FROM generate_series(1, 100000) AS g",
    )
    run(info, "INSERT INTO live.t SELECT g, 'v' || g FROM generate_series(1, 100000) AS g")
    with bounded(mib=8):
        result = diff(info, limit=10, pending=sql.Identifier("shadow", "log"), patience=0)
    assert (result.total, result.undecided, len(result.undecided_keys)) == (0, 100_000, 10)


def test_limit_zero_lists_nothing_and_counts_all(info: ConnectionInfo) -> None:
    twin_tables(info, "id int PRIMARY KEY, v text")
    run(info, "INSERT INTO live.t VALUES (1, 'a'), (2, 'b')", "INSERT INTO shadow.t VALUES (1, 'A')")
    result = diff(info, limit=0)
    assert (result.differences, result.changed, result.missing_right, result.ok) == ((), 1, 1, False)
