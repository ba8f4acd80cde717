"""The swap among others: blockers are named, the application is never the victim, a lost answer is looked up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from cutover import points
from cutover.errors import Cancelled
from cutover.postgres import online
from cutover.postgres.online.locks import LockNotHad
from support.online_world import World, forward

QUICK = {"attempts": 6, "lock_timeout": "600ms"}


@contextmanager
def at(name: str, handler: Any) -> Iterator[None]:
    points.on(name, handler)
    try:
        yield
    finally:
        points.on(name, None)


def _live(world: World, ctx: Any) -> str:
    return online.status(ctx)["tables"][0]["live"]


def test_a_blocker_is_named_and_nothing_changes(world: World) -> None:
    ctx = world.orders_run(cutover=QUICK)
    forward(ctx)
    with world.connect(application_name="a long report") as other, other.transaction():
        other.execute("SELECT count(*) FROM orders")
        with pytest.raises(LockNotHad, match="a long report"):
            online.swap(ctx)
    assert _live(world, ctx) == "original"
    online.swap(ctx)
    assert _live(world, ctx) == "shadow"


def test_a_blocker_is_ended_where_the_spec_allows_it(world: World) -> None:
    ctx = world.orders_run(cutover={**QUICK, "attempts": 10, "kill_blockers": "500ms"})
    forward(ctx)
    with world.connect(application_name="a long report") as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM orders")
        online.swap(ctx)
        with pytest.raises(psycopg.OperationalError):
            other.execute("SELECT 1")
    assert any("a long report" in event.text for event in world.journal.events(ctx.run_id))


def test_an_old_snapshot_is_waited_for(world: World) -> None:
    ctx = world.orders_run(cutover=QUICK)
    forward(ctx)
    with world.connect(application_name="a dump") as other:
        other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT count(*) FROM pg_class")
        other.execute("SELECT 1")
        with pytest.raises(LockNotHad, match="a dump"):
            online.swap(ctx)
        other.execute("COMMIT")
    online.swap(ctx)


def test_in_a_deadlock_the_application_goes_on(world: World) -> None:
    ctx = world.orders_run(cutover={"attempts": 20, "lock_timeout": "5s", "max_pause": "10s"})
    forward(ctx)
    stop = threading.Event()
    errors: list[str] = []

    def application() -> None:
        # Takes the child first and then the parent, each time: the other way round than the swap.
        with world.connect(prepare_threshold=None) as db:
            while not stop.is_set():
                try:
                    with db.transaction():
                        db.execute("UPDATE order_items SET sku = sku WHERE id = 1")
                        db.execute("SELECT pg_sleep(0.05)")
                        db.execute("UPDATE orders SET status = 'PAID' WHERE id = 1")
                except psycopg.Error as error:
                    errors.append(str(error))

    threads = [threading.Thread(target=application) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        online.swap(ctx)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []


def test_writes_at_the_last_moment_are_drained_under_the_lock(world: World) -> None:
    ctx = world.orders_run()
    forward(ctx)
    written: list[bool] = []

    def write() -> None:
        if not written:  # between the last drain and the lock
            written.append(True)
            world.sql("UPDATE orders SET tags = NULL WHERE id <= 100")

    with at("exchange.before_lock", write):
        done = online.swap(ctx)
    assert done["drained"] == 100
    assert world.one("SELECT count(*) FROM orders WHERE id <= 100 AND tags IS NULL") == 100


def test_the_answer_to_commit_is_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = world.orders_run()
    forward(ctx)

    def cut_off() -> None:
        monkeypatch.undo()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    with at("swap.committed", cut_off):
        done = online.swap(ctx)
    assert done["already"] and _live(world, ctx) == "shadow"
    assert world.journal.get_run(ctx.run_id).swapped_at is not None


def test_the_server_ends_the_session_before_commit(world: World) -> None:
    ctx = world.orders_run()
    forward(ctx)

    def terminate() -> None:
        world.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'cutover/%%/swap'"
        )

    with at("exchange.before_commit", terminate), pytest.raises(psycopg.OperationalError):
        online.swap(ctx)
    assert _live(world, ctx) == "original"
    online.swap(ctx)
    assert _live(world, ctx) == "shadow"


def test_a_swap_that_takes_too_long_undoes_itself(world: World) -> None:
    ctx = world.orders_run(cutover={"attempts": 1, "max_pause": "600ms", "lock_timeout": "600ms"})
    forward(ctx)
    with at("exchange.before_commit", lambda: time.sleep(0.7)), pytest.raises(LockNotHad, match="max_pause"):
        online.swap(ctx)
    assert _live(world, ctx) == "original"


def test_an_identity_goes_on_where_it_was(world: World) -> None:
    ctx = world.orders_run()
    world.sql("INSERT INTO orders (customer_id) SELECT 1 FROM generate_series(1, 50)")
    before = world.one("SELECT max(id) FROM orders")
    forward(ctx)
    online.swap(ctx)
    there = world.one("INSERT INTO orders (customer_id) VALUES (1) RETURNING id")
    assert there > before
    online.roll_back(ctx)
    assert world.one("INSERT INTO orders (customer_id) VALUES (1) RETURNING id") > there


def test_a_serial_keeps_its_sequence(world: World) -> None:
    world.sql("CREATE TABLE tickets (id serial PRIMARY KEY, v text)")
    world.sql("INSERT INTO tickets (v) SELECT 'x' FROM generate_series(1, 10)")
    alter = "ALTER TABLE tickets ADD COLUMN w text"
    ctx = world.begin(world.spec([{"name": "public.tickets", "alter": "alter.sql"}], {"alter.sql": alter}))
    forward(ctx)
    online.swap(ctx)
    assert world.one("SELECT pg_get_serial_sequence('tickets', 'id')") == "public.tickets_id_seq"
    assert world.one("INSERT INTO tickets (v) VALUES ('y') RETURNING id") == 11
    online.finalize(ctx, "drop")
    assert world.one("INSERT INTO tickets (v) VALUES ('z') RETURNING id") == 12


def test_an_operator_stops_it_within_a_second(world: World) -> None:
    ctx = world.orders_run(cutover={"attempts": 1000, "lock_timeout": "500ms"})
    forward(ctx)
    with world.connect() as other, other.transaction():
        other.execute("LOCK TABLE orders IN ACCESS SHARE MODE")
        timer = threading.Timer(1.0, ctx.cancel.cancel)
        timer.start()
        with pytest.raises(Cancelled):
            online.swap(ctx)
    assert _live(world, world.context(ctx.run_id, ctx.spec)) == "original"
