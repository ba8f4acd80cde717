"""An operator's wish ends dump, check, restore and proof within a second, on the server too; nothing is left behind."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from cutover.errors import Cancelled, CutoverError
from cutover.postgres import backup
from cutover.postgres.backup.archiving import DumpFailed
from cutover.postgres.task import Work
from support.backup_world import RUN, BackupWorld
from support.pair_world import until

from .test_kills import at_work, is_over

# Takes its time, but only in a copy: what is dumped quickly is restored slowly.
SLOW = """
CREATE FUNCTION slow(n int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN IF current_database() LIKE '%copy%' THEN PERFORM pg_sleep(n); END IF; RETURN true; END$$;
"""
SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"


def stopped(world: BackupWorld, work: Callable[[Work], Any], when: Callable[[], Any]) -> float:
    """Start ``work``, stop it at a moment, and return after how many seconds it has ended."""
    task, failed = Work(RUN), []

    def run() -> None:
        try:
            work(task)
        except CutoverError as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    until(when, "the moment to stop has come", 60)
    began = time.monotonic()
    task.cancel.cancel()
    thread.join(timeout=30)
    took = time.monotonic() - began
    assert not thread.is_alive()
    assert [type(error) for error in failed] == [Cancelled]
    return took


def test_a_dump(world: BackupWorld) -> None:
    world.sql("INSERT INTO log SELECT now(), repeat(md5(n::text), 40) FROM generate_series(1, 300000) AS n")
    took = stopped(
        world,
        lambda task: backup.take(task, world.info, world.store, world.to, run_id=RUN),
        lambda: world.sql("SELECT count(*) FROM pg_stat_progress_copy")[0][0],
    )
    assert took < 2
    is_over(world)
    assert world.store.names("") == []
    assert [path for path in world.folder.rglob("*") if path.is_file()] == []


def test_a_dump_that_waits_for_a_lock(world: BackupWorld) -> None:
    with psycopg.connect(world.info.conninfo()) as db:
        db.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass"
        took = stopped(
            world,
            lambda task: backup.take(task, world.info, world.store, world.to),
            lambda: db.execute(waiting).fetchone() == (1,),
        )
    assert took < 2
    is_over(world)


@pytest.mark.parametrize(
    "table",
    [
        "CREATE TABLE heavy (n int CHECK (slow(n)), fill text)",
        "CREATE TABLE heavy (n int, fill text); CREATE INDEX ON heavy (slow(n))",
    ],
    ids=["rows", "index"],
)
@pytest.mark.parametrize("big", [True, False])
def test_a_restore(world: BackupWorld, table: str, big: bool) -> None:
    """While rows are read in, from a stream of their own or from the main archive; and while an index is built."""
    fill = "repeat(md5(n::text), 200)" if big else "''"
    world.sql(f"{SLOW}{table}; INSERT INTO heavy SELECT 20, {fill} FROM generate_series(1, 3000) AS n")
    manifest = world.take()
    into = world.empty()
    took = stopped(
        world,
        lambda task: backup.restore(task, world.store, manifest, world.key, into),
        lambda: world.sql(SLEEPING)[0][0],
    )
    assert took < 2
    is_over(world)


def test_a_check(world: BackupWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that gives its bytes slowly."""
    manifest = world.take()
    store, read = world.store, threading.Event()

    class Slowly:
        def __init__(self, stream: Any) -> None:
            self._stream = stream

        def read(self, size: int = -1) -> bytes:
            read.set()
            time.sleep(0.02)
            return bytes(self._stream.read(min(size, 100) if size > 0 else 100))

    class Slow:
        label = "slow"

        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        def open(self, name: str) -> Any:
            @contextlib.contextmanager
            def opened() -> Any:
                with store.open(name) as stream:
                    yield Slowly(stream) if name.endswith(".age") else stream

            return opened()

    slow: Any = Slow()
    took = stopped(
        world, lambda task: backup.check(slow, manifest.name, world.key, expects=None, ctx=task), read.is_set
    )
    assert took < 2


def test_a_proof_leaves_no_scratch_database(world: BackupWorld) -> None:
    world.sql("INSERT INTO log SELECT now(), repeat(md5(n::text), 10) FROM generate_series(1, 200000) AS n")
    took = stopped(
        world,
        lambda task: backup.prove(task, world.info, world.store, world.to, world.key, run_id=RUN),
        world.scratches,
    )
    assert took < 4, "the scratch database is dropped within that"
    is_over(world)
    assert (world.scratches(), world.store.names("")) == ([], [])


def test_a_session_that_the_server_ends(world: BackupWorld) -> None:
    """No retry, no half point: whoever runs the step again begins anew."""
    world.sql("INSERT INTO log SELECT now(), repeat(md5(n::text), 40) FROM generate_series(1, 300000) AS n")
    failed: list[BaseException] = []

    def run() -> None:
        try:
            world.take()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    ours = "SELECT pid FROM pg_stat_progress_copy"
    pids = until(lambda: world.sql(ours), "rows are being sent")
    world.sql("SELECT pg_terminate_backend(%s)", pids[0][0])
    thread.join(timeout=60)
    assert [type(error) for error in failed] == [DumpFailed]
    # Its last words, or that it hung up, where those were not read any more.
    assert re.search("terminating connection|closed the connection unexpectedly", str(failed[0]))
    assert world.store.names("") == []
    assert at_work(world) == []
