"""After the rows: indexes and constraints, also when a worker dies in the middle of them."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import psycopg
import pytest

from cutover.postgres import schema_facts
from cutover.postgres.blue_green import design, fence, remove
from cutover.postgres.blue_green.copying import RowRefused
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.finishing import IndexFailed
from cutover.postgres.blue_green.steps.build import build
from cutover.postgres.blue_green.steps.copy import copy
from cutover.postgres.blue_green.steps.follow import follow
from cutover.postgres.blue_green.steps.index import index
from support import pair_dying
from support.pair_world import PairWorld, caught_up, until

POINTS = ["bg.index.fenced", "bg.index.dumped", "bg.index.post_data", "bg.index.analyzed"]


@pytest.fixture
def missing(pair: PairWorld) -> Iterator[PairWorld]:
    yield pair
    assert pair.leftovers() == []


def complete(pair: PairWorld, ends: Ends) -> None:
    """See that green is what it was designed to be, filled, analyzed and fenced."""
    with design.opened(ends, "test") as wanted, ends.open("green", "test") as green:
        assert schema_facts.gather(wanted).keys() - schema_facts.gather(green).keys() == set()
        assert fence.is_up(green, ends.names)
    assert pair.green("SELECT count(*) FROM pg_matviews WHERE NOT ispopulated") == [(0,)]
    assert pair.green("SELECT n FROM statuses") == pair.blue("SELECT n FROM statuses")
    assert pair.green("SELECT count(*) FROM pg_stats WHERE tablename IN ('orders', 'payments')")[0][0] > 10
    assert pair.green("SELECT reltuples FROM pg_class WHERE relname = 'orders'") == [(5000.0,)]


@pytest.mark.parametrize("at", POINTS)
def test_killed_anywhere_it_goes_on(missing: PairWorld, at: str) -> None:
    ctx = missing.begin()
    build(ctx)
    copy(ctx)
    pair_dying.die(missing, ctx, "index", at=at)

    figures = index(ctx)

    assert index(ctx) == figures
    complete(missing, Ends.of(ctx))
    follow(ctx)
    caught_up(ctx)
    remove.everything(ctx, Ends.of(ctx))


def test_killed_while_indexes_are_being_built(missing: PairWorld) -> None:
    """Half of it is there, and one index waits for a lock, when the worker is killed: its session is ended too."""
    ctx = missing.begin(missing.spec(backfill={"workers": 1}))
    build(ctx)
    copy(ctx)
    with psycopg.connect(missing.green_info.conninfo(application_name="in the way")) as blocker:
        child = pair_dying.start(missing, ctx, "index")
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE %s"
        name = f"cutover/{ctx.run_id}/restore%"
        until(lambda: _locked(blocker) or child.poll() is not None, "the fence stands, and the lock is had")
        until(lambda: missing.green(waits, name)[0][0] or child.poll() is not None, "pg_restore waits for the lock")
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert child.returncode == -signal.SIGKILL
        before = missing.green(
            "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = indrelid WHERE relname = 'customers'"
        )
        assert before[0][0] > 0
        blocker.rollback()

    index(ctx)

    complete(missing, Ends.of(ctx))
    assert missing.green("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE %s", name) == [(0,)]
    remove.everything(ctx, Ends.of(ctx))


def _locked(blocker: psycopg.Connection[tuple[object, ...]]) -> bool:
    """Lock orders against index builds as soon as its fence stands and before its key is there."""
    blocker.rollback()
    blocker.execute("LOCK TABLE orders IN ROW EXCLUSIVE MODE")
    row = blocker.execute(
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'orders'::regclass AND tgname LIKE 'cutover%'"
    )
    return row.fetchone() == (1,)


@pytest.mark.parametrize(
    ("up", "said"),
    [
        ("CREATE UNIQUE INDEX one_each ON orders (status);", "one_each"),
        ("ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES customers;", "orders_id_fkey"),
    ],
)
def test_rows_that_do_not_satisfy_what_is_new_are_named(missing: PairWorld, up: str, said: str) -> None:
    ctx = missing.begin(missing.spec(files={"up.sql": up}))
    build(ctx)
    copy(ctx)
    for _ in range(2):  # and again: it is not taken for something that is there already
        with pytest.raises(IndexFailed, match=said):
            index(ctx)
    remove.everything(ctx, Ends.of(ctx))


def test_rows_that_do_not_satisfy_a_check_are_refused_by_the_copy(missing: PairWorld) -> None:
    ctx = missing.begin(missing.spec(files={"up.sql": "ALTER TABLE orders ADD CONSTRAINT dear CHECK (amount > 100);"}))
    build(ctx)
    with pytest.raises(RowRefused, match=r'public\.orders: .*"dear"'):
        copy(ctx)
    remove.everything(ctx, Ends.of(ctx))


def test_green_without_writers_from_the_index_on(missing: PairWorld) -> None:
    ctx = missing.begin()
    build(ctx)
    copy(ctx)
    index(ctx)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        missing.green("DELETE FROM orders")
    missing.blue("DELETE FROM orders WHERE parent_id IS NOT NULL")
    remove.everything(ctx, Ends.of(ctx))
