"""A backfill obeys: pause, resume, speed, standby lag, locks, load, the spec's own query, and stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from cutover.context import RunContext
from cutover.errors import Cancelled
from cutover.postgres import online
from cutover.postgres.online.pace import BatchSize
from support.online_world import World


def _until(condition: Callable[[], bool], seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.02)


@contextmanager
def _backfilling(ctx: RunContext) -> Iterator[threading.Thread]:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            online.backfill(ctx)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield thread
    finally:
        ctx.cancel.cancel()
        thread.join(60)
        assert all(isinstance(error, Cancelled) for error in errors), errors


def _copied(world: World) -> int:
    return world.one("SELECT coalesce(sum(rows), 0)::bigint FROM cutover.fill_1_1")


def _said(world: World, ctx: RunContext, text: str) -> bool:
    return any(text in event.text for event in world.journal.events(ctx.run_id))


def _slow(world: World, **more: object) -> RunContext:
    """A run whose backfill takes minutes: tiny batches with pauses."""
    pace = {"workers": 1, "batch_rows": 50, "target_batch": "10ms", "pause": "500ms", **more}
    ctx = world.orders_run(backfill=pace)
    online.build(ctx)
    return ctx


def test_pause_resume_and_speed(world: World) -> None:
    ctx = _slow(world)
    with _backfilling(ctx) as thread:
        _until(lambda: _copied(world) > 0)
        world.journal.set_control(ctx.run_id, "olga", paused=True)
        _until(lambda: _said(world, ctx, "paused by an operator"))
        time.sleep(1.0)  # what is in flight may end
        before = _copied(world)
        time.sleep(1.5)
        assert _copied(world) == before
        world.journal.set_control(ctx.run_id, "olga", paused=False, pause_seconds=0, batch_rows=100_000, workers=3)
        thread.join(60)
        assert not thread.is_alive()
    assert _copied(world) == 5000
    progress = {item.item: item for item in world.journal.get_progress(ctx.run_id)}
    assert progress["public.orders"].done == progress["public.orders"].total == 5000


def test_what_was_set_before_it_began_holds_for_the_first_batch(world: World) -> None:
    ctx = _slow(world, batch_rows=100_000, pause="0s")
    world.journal.set_control(ctx.run_id, "olga", batch_rows=100, pause_seconds=60)
    with _backfilling(ctx):
        _until(lambda: _copied(world) > 0)
        assert _copied(world) == 100


def test_a_stopped_backfill_goes_on_where_it_was(world: World) -> None:
    ctx = _slow(world)
    with _backfilling(ctx):
        _until(lambda: _copied(world) > 0)
    there = _copied(world)
    assert 0 < there < 5000
    again = world.context(ctx.run_id, ctx.spec)
    world.journal.set_control(ctx.run_id, "olga", pause_seconds=0, batch_rows=100_000)
    online.backfill(again)
    assert _copied(world) == 5000


@pytest.mark.parametrize(
    ("limits", "files", "says"),
    [
        ({"max_lock_waits": 0}, {}, "wait for locks"),
        ({"throttle_query": "throttle.sql"}, {"throttle.sql": "SELECT count(*) FROM hold"}, "throttle_query says 1"),
    ],
)
def test_throttled(world: World, limits: dict[str, object], files: dict[str, str], says: str) -> None:
    world.sql("CREATE TABLE hold (id int)")
    world.sql("INSERT INTO hold VALUES (1)")
    (world.folder / "trial").mkdir(parents=True)
    for name, text in files.items():
        (world.folder / "trial" / name).write_text(text)
    ctx = _slow(world, **limits)
    with world.connect() as holder, world.connect() as waiter:
        holder.execute("BEGIN")
        holder.execute("LOCK TABLE hold IN ROW EXCLUSIVE MODE")
        blocked = threading.Thread(
            target=lambda: waiter.execute("LOCK TABLE hold IN SHARE MODE") if not files else None
        )
        waiter.execute("BEGIN")
        blocked.start()
        with _backfilling(ctx):
            _until(lambda: _said(world, ctx, says))
            holder.execute("COMMIT")
            blocked.join()
            waiter.execute("COMMIT")
            world.sql("TRUNCATE hold")
            _until(lambda: _said(world, ctx, "goes on"))


def test_the_batch_finds_its_size() -> None:
    size = BatchSize(1000, 1.0)
    size.learn(1000, 0.1)
    assert size.rows == 2000  # at most doubled
    size.learn(2000, 4.0)
    assert size.rows == 1000  # at most halved
    size.learn(1000, 0.8)
    assert size.rows == 1250
