"""The initial copy: every row of one snapshot, whatever its size and number, however often it is interrupted."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from cutover import points
from cutover.context import RunContext
from cutover.errors import Cancelled
from cutover.postgres.blue_green import chunks, remove, state
from cutover.postgres.blue_green.chunks import Size
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.guard_wal import SlotKeepsTooMuch
from cutover.postgres.blue_green.steps.build import build
from cutover.postgres.blue_green.steps.copy import copy
from cutover.postgres.blue_green.steps.follow import follow
from cutover.postgres.blue_green.steps.index import index
from cutover.postgres.blue_green.tables import TableMap
from cutover.postgres.blue_green.wanted import StepMissing
from cutover.postgres.blue_green.wire import Wire
from cutover.postgres.online.guard import Busy
from support import pair_dying
from support.pair_world import PairWorld, caught_up, until

TABLES = ("customers", "orders", "payments", '"Odd Place"."A ""table"""')
POINTS = ["bg.copy.slot", "bg.copy.part", "bg.copy.done"]


def same(pair: PairWorld) -> bool:
    return all(pair.differing(table) == [] for table in TABLES)


def slots(pair: PairWorld) -> list[str]:
    return [
        row[0]
        for row in pair.blue("SELECT slot_name::text FROM pg_replication_slots WHERE database = current_database()")
    ]


def wire_of(name: str) -> Wire:
    return Wire(TableMap("public", name), ("a",), (), True, False)


def size_of(name: str, size: int, pages: int | None = None) -> Size:
    return Size("public", name, "p", size // 8192 if pages is None else pages, size, 1)


@pytest.fixture
def small_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Split even the shop's tables."""
    monkeypatch.setattr(chunks, "SMALLEST_JOB", 64 * 1024)


@contextmanager
def writing(pair: PairWorld) -> Iterator[list[int]]:
    """Change and move rows of every kind all the time; yields how often."""
    stop, done = threading.Event(), [0]
    statements = (
        "UPDATE orders SET body = body || 'x', amount = amount + 1 WHERE id % 50 = {n} % 50",
        "DELETE FROM payments WHERE id % 97 = {n} % 97",
        "INSERT INTO payments SELECT 100000 + {n} * 10 + x, date '2026-01-01' + x, {n} FROM generate_series(1, 5) AS x",
        "INSERT INTO customers (name, email, moods) VALUES ('new {n}', 'new {n}', '{{glad}}')",
        "UPDATE customers SET home = ROW('moved {n}', {n}) WHERE id % 40 = {n} % 40",
        "TRUNCATE payments_rest",
    )

    def write() -> None:
        while not stop.is_set():
            pair.blue(statements[done[0] % len(statements)].format(n=done[0]))
            done[0] += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()


def test_everything_is_copied(any_pair: PairWorld) -> None:
    ctx = any_pair.begin()
    build(ctx)

    figures = copy(ctx)

    assert figures["rows"] == 300 + 5000 + 2000 + 50
    assert figures["tables"]["public.orders"] == 5000
    assert same(any_pair)
    assert copy(ctx) == figures
    progress = {(each.item, each.done, each.total) for each in any_pair.journal.get_progress(ctx.run_id)}
    assert {("public.orders", 5000, 5000), ("total", 7350, 7350)} <= progress
    remove.everything(ctx, Ends.of(ctx))
    assert any_pair.leftovers() == []


@pytest.mark.usefixtures("small_jobs")
def test_nothing_is_lost_while_it_is_written_to(any_pair: PairWorld) -> None:
    """Split tables under one snapshot; what was written before it is in the copy, what came after it follows."""
    ctx = any_pair.begin()
    build(ctx)
    with writing(any_pair) as count:
        points.on("bg.copy.slot", lambda: until(lambda: count[0] > 20, "writers are at work"))
        try:
            copy(ctx)
        finally:
            points.on("bg.copy.slot", None)
        before = count[0]
        index(ctx)
        follow(ctx)
        until(lambda: count[0] > before, "writers go on")
    caught_up(ctx)
    assert same(any_pair)
    remove.everything(ctx, Ends.of(ctx))
    assert any_pair.leftovers() == []


def test_large_tables_are_split_and_small_ones_gathered() -> None:
    sized = {"big": 3 * 10**9, "fair": 10**8, "s1": 10**4, "s2": 10**4}
    known = {f"public.{name}": size_of(name, size) for name, size in sized.items()}
    known["public.toasted"] = size_of("toasted", 2 * 10**9, pages=3)

    jobs = chunks.plan([wire_of(label.split(".")[1]) for label in known], known, workers=2)

    parts = [part for job in jobs for part in job]
    big = sorted((part for part in parts if part.wire.table.table == "big"), key=lambda part: part.first)
    assert len(big) > 8
    assert [part.end for part in big[:-1]] == [part.first for part in big[1:]]  # no page twice, none left out
    assert (big[0].first, big[-1].end) == (0, None)
    assert [part.whole for part in parts if part.wire.table.table in ("fair", "toasted")] == [True, True]
    assert sorted(part.wire.table.table for part in jobs[-1]) == ["s1", "s2"]
    assert [job[0].bytes for job in jobs] == sorted((job[0].bytes for job in jobs), reverse=True)


def test_tables_stay_whole_where_that_keeps_all_workers_busy() -> None:
    four = {f"public.t{n}": size_of(f"t{n}", 10**9) for n in range(4)}
    three = {f"public.t{n}": size_of(f"t{n}", 10**9) for n in range(3)}
    assert all(part.whole for job in chunks.plan([wire_of(f"t{n}") for n in range(4)], four, 2) for part in job)
    assert not any(part.whole for job in chunks.plan([wire_of(f"t{n}") for n in range(3)], three, 2) for part in job)


def test_a_table_has_no_more_parts_than_pages() -> None:
    known = {"public.toasted": size_of("toasted", 10**10, pages=3)}
    assert len(chunks.plan([wire_of("toasted")], known, workers=4)) == 3


def test_a_single_table_is_shared_by_all_workers() -> None:
    known = {"public.only": size_of("only", 10**10)}
    assert len(chunks.plan([wire_of("only")], known, workers=4)) >= 4


@pytest.mark.timeout(600)
def test_rows_of_a_megabyte_take_little_memory(pair: PairWorld) -> None:
    pair.blue("CREATE TABLE large (id int PRIMARY KEY, body text, raw bytea, docs jsonb)")
    pair.blue("ALTER TABLE large ALTER body SET STORAGE EXTERNAL, ALTER raw SET STORAGE EXTERNAL")
    pair.blue(
        "INSERT INTO large SELECT n, repeat(md5(n::text), 32768), decode(repeat(md5(n::text), 16384), 'hex'),"
        " jsonb_build_object('long', repeat(md5(n::text), 1000)) FROM generate_series(1, 250) AS n"
    )
    ctx = pair.begin(pair.spec(backfill={"workers": 4}))
    build(ctx)

    done = subprocess.run(
        [sys.executable, "-m", "support.pair_memory", ctx.run_id],
        env=pair_dying.environment(pair),
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(done.stdout.split()[-1]) < 300
    digest = "SELECT count(*), sum(hashtextextended(l::text, 0)) FROM large AS l"
    assert pair.green(digest) == pair.blue(digest)
    with Ends.of(ctx).open("green", "test") as green:
        side = state.find(green, ctx.run_id)
    assert side and side.detail["copy"]["bytes"] > 250 * 1.25e6
    remove.everything(ctx, Ends.of(ctx))


@pytest.mark.usefixtures("small_jobs")
@pytest.mark.parametrize("at", POINTS)
def test_killed_anywhere_it_begins_again(pair: PairWorld, at: str) -> None:
    ctx = pair.begin()
    build(ctx)
    pair_dying.die(pair, ctx, "copy", at=at)
    pair.blue("DELETE FROM orders WHERE id > 4000; UPDATE customers SET name = 'later'")

    copy(ctx)

    assert same(pair)
    assert len(slots(pair)) == 1
    index(ctx)
    pair.blue("UPDATE orders SET note = 'after the copy'")
    follow(ctx)
    caught_up(ctx)
    assert same(pair)
    remove.everything(ctx, Ends.of(ctx))
    assert pair.leftovers() == []


@pytest.mark.parametrize("at", POINTS)
def test_killed_anywhere_it_can_be_taken_back(pair: PairWorld, at: str) -> None:
    ctx = pair.begin()
    build(ctx)
    pair_dying.die(pair, ctx, "copy", at=at)
    remove.everything(ctx, Ends.of(ctx))
    assert pair.leftovers() == []


def test_an_operator_can_pause_it_and_change_its_speed(pair: PairWorld) -> None:
    ctx = pair.begin()
    build(ctx)
    pair.journal.set_control(ctx.run_id, "olga", paused=True, workers=1)
    thread = threading.Thread(target=copy, args=(ctx,))
    thread.start()
    until(lambda: slots(pair), "the slot is made")
    until(lambda: "waits: paused" in str(pair.journal.events(ctx.run_id)) or not thread.is_alive(), "it waits")
    assert thread.is_alive()
    assert pair.green("SELECT count(*) FROM orders") == [(0,)]
    pair.journal.set_control(ctx.run_id, "olga", paused=False, workers=3)
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert same(pair)
    remove.everything(ctx, Ends.of(ctx))


@pytest.mark.usefixtures("small_jobs")
def test_an_operator_can_stop_it_at_once(pair: PairWorld) -> None:
    ctx = pair.begin()
    build(ctx)
    pair.blue("INSERT INTO payments SELECT n, '2026-01-01', n FROM generate_series(10000, 210000) AS n")
    found: list[BaseException] = []
    points.on("bg.copy.part", ctx.cancel.cancel)
    try:
        _raised(ctx, found)
    finally:
        points.on("bg.copy.part", None)

    assert [type(error) for error in found] == [Cancelled]
    fresh = pair.context(ctx.run_id, ctx.spec)
    assert slots(pair) == []  # nothing keeps WAL on blue
    copy(fresh)
    assert same(pair)
    remove.everything(fresh, Ends.of(fresh))
    assert pair.leftovers() == []


def _raised(ctx: RunContext, found: list[BaseException]) -> None:
    try:
        copy(ctx)
    except Cancelled as error:
        found.append(error)


def test_it_gives_up_before_the_slot_fills_the_disk(pair: PairWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cutover.postgres.blue_green.copying.GUARD_EVERY", 0.05)
    ctx = pair.begin(pair.spec(replication={"max_wal": "1MB"}))
    build(ctx)
    pair.journal.set_control(ctx.run_id, "olga", paused=True)
    points.on(
        "bg.copy.slot", lambda: pair.blue("CREATE TABLE wal AS SELECT repeat('x', 1000) FROM generate_series(1, 5000)")
    )
    try:
        with pytest.raises(SlotKeepsTooMuch, match="1MB"):
            copy(ctx)
    finally:
        points.on("bg.copy.slot", None)
    assert slots(pair) == []
    remove.everything(ctx, Ends.of(ctx))
    assert pair.leftovers() == []


def test_two_at_once_are_one_too_many(pair: PairWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = pair.begin()
    build(ctx)
    monkeypatch.setattr(
        "cutover.postgres.online.guard.alone.__wrapped__.__kwdefaults__", {"patience": 0.3, "where": None}
    )
    found: list[str] = []

    def second() -> None:
        with pytest.raises(Busy, match=ctx.run_id) as busy:
            copy(pair.context(ctx.run_id, ctx.spec))
        found.append(str(busy.value))

    points.on("bg.copy.slot", second)
    try:
        copy(ctx)
    finally:
        points.on("bg.copy.slot", None)
    assert len(found) == 1
    assert same(pair)
    remove.everything(ctx, Ends.of(ctx))


def test_steps_have_their_order(pair: PairWorld) -> None:
    ctx = pair.begin()
    for step in (copy, index, follow):
        with pytest.raises(StepMissing, match="BGR053"):
            step(ctx)
    build(ctx)
    with pytest.raises(StepMissing, match="run copy"):
        index(ctx)
    remove.everything(ctx, Ends.of(ctx))


def test_a_long_transaction_is_named_while_the_slot_waits_for_it(
    pair: PairWorld, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("cutover.postgres.blue_green.exported.WAIT", 1)
    ctx = pair.begin()
    build(ctx)
    with psycopg.connect(pair.blue_info.conninfo(application_name="the slow report")) as slow:
        slow.execute("UPDATE customers SET name = name WHERE id = 1")
        thread = threading.Thread(target=copy, args=(ctx,))
        thread.start()
        until(lambda: "the slow report" in caplog.text or not thread.is_alive(), "it says who is in the way")
        assert thread.is_alive()
    thread.join(timeout=60)
    assert same(pair)
    remove.everything(ctx, Ends.of(ctx))
