"""What rollback points are made of, without a server: names, streams, manifests, sealing, work that stops together."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

import pyrage
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cutover.errors import Cancelled
from cutover.postgres.backup import FolderStore, names, put
from cutover.postgres.backup.crew import together
from cutover.postgres.backup.filling import Filling, Rows
from cutover.postgres.backup.sealed import NotDecrypted, Tap, decrypt
from cutover.postgres.backup.snapshot import Table
from cutover.postgres.backup.streams import BIG, pattern, plan
from cutover.postgres.task import Task, Work

AT = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)


@given(st.text(min_size=1), st.text(min_size=1), st.integers(0, 3))
@example("..", ".0", 0)
def test_any_name_is_one_folder_and_tells_when(dbname: str, run_id: str, again: int) -> None:
    name = names.of("points", dbname, run_id, AT, again)
    prefix, database, point = name.split("/")
    assert prefix == "points"
    assert database not in ("", ".", "..")
    assert not point.startswith((".", "/"))
    assert names.begun(name) == AT
    assert name.startswith(names.folder("points", dbname))
    assert names.grouped([f"{name}/main.age", f"{name}/manifest.json", "points/x"]) == {
        name: [f"{name}/main.age", f"{name}/manifest.json"]
    }


@given(st.text(min_size=1), st.text(min_size=1))
def test_different_databases_have_different_folders(one: str, other: str) -> None:
    assert (names.folder("p", one) == names.folder("p", other)) == (one == other)


def _table(number: int, size: int) -> Table:
    return Table(number, 'odd "one"', f"t.{number}*", "r", 1, size)


@given(st.lists(st.integers(0, 1 << 34), max_size=60), st.integers(1, 8))
def test_every_big_table_is_in_one_stream(sizes: list[int], workers: int) -> None:
    tables = [_table(n, size) for n, size in enumerate(sizes)]
    found = plan(tables, workers)
    placed = sorted(table.oid for stream in found for table in stream.tables)
    assert placed == sorted(table.oid for table in tables if table.bytes >= BIG)
    assert len(found) <= workers * 3
    assert all(stream.tables for stream in found)
    assert [stream.bytes for stream in found] == sorted((stream.bytes for stream in found), reverse=True)
    if found:  # nobody waits for a stream that others could have shared
        biggest, mean = max(sizes), sum(stream.bytes for stream in found) / len(found)
        assert found[0].bytes <= max(biggest, mean + biggest)


def test_more_tables_than_a_command_line_takes_stay_with_the_small_ones() -> None:
    tables = [Table(n, "s" * 60, "t" * 50 + str(n), "r", 1, BIG + n) for n in range(20_000)]
    placed = [table for stream in plan(tables, 2) for table in stream.tables]
    assert 3_000 < len(placed) < 20_000
    assert sum(len(pattern(table)) for table in placed) < 600_000
    assert min(table.bytes for table in placed) > BIG + 10_000, "the biggest ones have streams"


def test_a_pattern_is_quoted() -> None:
    assert pattern(_table(1, 0)) == '"odd ""one"""."t.1*"'


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 3_000_001])
def test_sealed_and_opened_again(tmp_path: Path, size: int) -> None:
    key, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    store, data, told = FolderStore(tmp_path), hashlib.shake_128(b"x").digest(size), []
    found = put(store, "a/b", io.BytesIO(data), [key.to_public(), other.to_public()], told.append)
    kept = (tmp_path / "a/b").read_bytes()
    assert (found.size, found.sha256, found.plain) == (len(kept), hashlib.sha256(kept).hexdigest(), size)
    assert sum(told) == size
    assert pyrage.decrypt(kept, [key]) == pyrage.decrypt(kept, [other]) == data
    out = io.BytesIO()
    reader = Tap(io.BytesIO(kept), hashing=True)
    decrypt(reader, Tap(out), other)
    assert (out.getvalue(), reader.sha256) == (data, found.sha256)
    with pytest.raises(NotDecrypted):
        decrypt(Tap(io.BytesIO(kept)), Tap(None), pyrage.x25519.Identity.generate())


def test_a_source_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    class Breaks(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 200_000:
                raise RuntimeError("gone")
            return super().read(size)

    store = FolderStore(tmp_path)
    with pytest.raises(Exception, match="gone"):
        put(store, "a", Breaks(bytes(500_000)), [pyrage.x25519.Identity.generate().to_public()])
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_breaks_is_told_as_it_is(tmp_path: Path) -> None:
    class Full:
        label = "full"

        def put(self, name: str, reader: IO[bytes]) -> int:
            reader.read(10)
            raise OSError(28, "no space left")

    source = io.BytesIO(bytes(50_000_000))
    began = time.monotonic()
    with pytest.raises(OSError, match="no space"):
        put(cast(Any, Full()), "a", source, [pyrage.x25519.Identity.generate().to_public()])
    assert time.monotonic() - began < 5
    assert source.tell() < 50_000_000, "nobody went on encrypting"


def test_a_writer_that_breaks_is_told_as_it_is() -> None:
    key = pyrage.x25519.Identity.generate()

    class Gone(io.BytesIO):
        def write(self, data: Any) -> int:
            raise BrokenPipeError(32, "gone")

    with pytest.raises(BrokenPipeError):
        decrypt(Tap(io.BytesIO(pyrage.encrypt(b"x" * 100_000, [key.to_public()]))), Tap(Gone()), key)


def test_when_one_fails_the_others_stop_and_it_is_the_one_that_is_told() -> None:
    started = threading.Event()

    def waits(task: Task) -> None:
        started.set()
        task.cancel.wait(30)

    def fails(task: Task) -> None:
        started.wait(5)
        raise ValueError("mine")

    began = time.monotonic()
    with pytest.raises(ValueError, match="mine"):
        together(Work("t"), [waits, fails, waits], 2)
    assert time.monotonic() - began < 10
    assert together(Work("t"), [lambda task, n=n: n for n in range(5)], 3) == [0, 1, 2, 3, 4]
    assert together(Work("t"), [], 3) == []


def test_whoever_is_stopped_stops_them_all() -> None:
    work = Work("t")
    threading.Timer(0.2, work.cancel.cancel).start()
    with pytest.raises(Cancelled):
        together(work, [lambda task: task.cancel.wait(30)] * 3, 2)
    with pytest.raises(Cancelled):
        together(work, [lambda task: None], 1)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_rows_before_indexes_and_nobody_idle(workers: int) -> None:
    done: list[str] = []
    lock = threading.Lock()

    def rows(name: str) -> Any:
        def work(task: Task) -> None:
            task.cancel.wait(0.01)
            with lock:
                done.append(f"rows {name}")

        return work

    def build(task: Task, entry: str) -> None:
        with lock:
            done.append(f"index {entry}")

    streams = [Rows(30, rows("big"), (1,)), Rows(20, rows("middle"), (2, 3)), Rows(10, rows("small"))]
    Filling(streams, {1: ["1a", "1b"], 2: ["2a"], 9: ["never"]}, build).run(Work("t"), workers)
    assert sorted(done) == ["index 1a", "index 1b", "index 2a", "rows big", "rows middle", "rows small"]
    assert done.index("rows big") < done.index("index 1a")
    assert done.index("rows middle") < done.index("index 2a")
    if workers == 1:
        assert done[:3] == ["rows big", "rows middle", "rows small"]


def test_an_index_that_fails_ends_it() -> None:
    def build(task: Task, entry: str) -> None:
        raise ValueError(entry)

    streams = [Rows(1, lambda task: None, (1,)), Rows(2, lambda task: task.cancel.wait(30))]
    with pytest.raises(ValueError, match="1a"):
        Filling(streams, {1: ["1a"]}, build).run(Work("t"), 2)
