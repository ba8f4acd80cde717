"""How far green is behind, what the slot keeps, and whether anybody applies anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from cutover.context import RunContext
from cutover.postgres.blue_green import arrival, ddl_watch, guard_wal, subscription
from cutover.postgres.blue_green.ddl_watch import NothingRemembered, SchemaChanged
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.guard_wal import SlotInDanger, SlotKeepsTooMuch
from cutover.postgres.blue_green.live import NotBuilt
from cutover.postgres.blue_green.steps.sample import sample
from support.pair_hand import link, plain, unlink
from support.pair_world import PairWorld, until

TABLE = "CREATE TABLE t (id int PRIMARY KEY, v text CHECK (v <> 'bad'))"
Linked = tuple[PairWorld, RunContext, Ends]


@pytest.fixture
def linked(any_pair: PairWorld) -> Iterator[Linked]:
    yield from _linked(any_pair)


@pytest.fixture
def one(pair: PairWorld) -> Iterator[Linked]:
    """The same for one combination of versions."""
    yield from _linked(pair)


def _linked(pair: PairWorld) -> Iterator[Linked]:
    pair.both(TABLE.replace("TABLE t", "TABLE IF NOT EXISTS t"))
    ctx = pair.begin(pair.spec(replication={"max_wal": "64MB"}))
    ends = link(pair, ctx, [plain("t", "id", "v")])
    yield pair, ctx, ends
    unlink(ends)


def test_a_look_at_a_pair_that_follows(linked: Linked) -> None:
    pair, ctx, _ = linked
    pair.blue("INSERT INTO t SELECT n, 'x' FROM generate_series(1, 1000) n")
    seen = sample(ctx, patience=20)
    assert seen["flow"] == "blue -> green" and seen["arrived"] and seen["beat"] == seen["seen"] == 1
    assert 0 < seen["seconds"] < 20 and seen["bytes"] is not None
    assert seen["enabled"] and seen["applying"] and seen["apply_errors"] == 0 and seen["broken"] == []
    assert seen["kept_bytes"] < seen["max_bytes"] == 64 * 2**20 and seen["wal_status"] == "reserved"
    assert pair.green("SELECT count(*) FROM t") == [(1000,)], "what was committed before the beat has arrived with it"

    sample(ctx, patience=20)
    (series,) = {one.series for one in ctx.journal.samples(ctx.run_id)}
    assert series == "lag blue -> green" and [s.data["beat"] for s in ctx.journal.samples(ctx.run_id, series)] == [1, 2]
    (progress,) = ctx.journal.get_progress(ctx.run_id)
    assert (progress.step, progress.item, progress.total) == ("lag", "blue -> green", 1000)
    assert "bytes behind" in (progress.note or "")


def test_what_does_not_arrive_is_as_old_as_the_last_beat_that_did(one: Linked) -> None:
    pair, ctx, ends = one
    assert sample(ctx, patience=20)["arrived"]
    with ends.open("green", "test") as green:
        subscription.set_enabled(green, ends.names, "blue", False)
        pair.blue("UPDATE cutover_sync.heartbeat SET at = at - interval '90 s'")
        # The apply worker ends in its own time; what it has taken until then does not matter here.
        until(lambda: not arrival.look(ctx, ends, "blue", patience=0).arrived, "nothing arrives any more")
        green.execute("UPDATE cutover_sync.heartbeat SET at = at - interval '90 s'")
    seen = sample(ctx, patience=0.1)
    assert not seen["arrived"] and seen["seen"] < seen["beat"] and seen["seconds"] > 89
    assert seen["broken"] == ["the subscription on green is disabled"] and not seen["enabled"]
    assert "disabled" in (arrival.trouble(ctx, ends, "blue", patience=5) or "")


def test_a_row_that_green_refuses_is_counted(one: Linked) -> None:
    pair, ctx, _ = one
    assert sample(ctx, patience=20)["arrived"]
    pair.green("ALTER TABLE t ADD CONSTRAINT strict CHECK (v <> 'x')")
    pair.blue("INSERT INTO t VALUES (1, 'x')")
    seen = until(lambda: (found := sample(ctx, patience=0.2, ddl=False))["apply_errors"] and found, "a refusal")
    assert not seen["arrived"] and seen["seen"] is not None


def test_a_dropped_slot_and_subscription_are_named(one: Linked) -> None:
    _, ctx, ends = one
    unlink(ends)
    seen = sample(ctx, patience=0.1)
    assert seen["broken"] == ["blue has no slot any more", "green has no subscription"] and seen["bytes"] is None


def test_the_guard_aborts_before_the_disk_is_in_danger(one: Linked) -> None:
    pair, ctx, ends = one
    assert sample(ctx, patience=20)["arrived"]
    with ends.open("green", "test") as green, ends.open("blue", "test") as blue:
        subscription.set_enabled(green, ends.names, "blue", False)
        kept = guard_wal.check(ctx, blue)
        assert 0 < kept["kept_bytes"] < kept["max_bytes"] and not guard_wal.soon(kept)
        until(lambda: _idle(blue, ends), "nobody reads the slot")
        pair.blue("INSERT INTO t SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 120000) n")
        with pytest.raises(
            SlotKeepsTooMuch, match=r"cutover_\d+_blue on blue \(shop .*keeps [\d,]+ bytes.*64MB"
        ) as told:
            guard_wal.check(ctx, blue)
        assert "roll the run back" in str(told.value)
    with pytest.raises(SlotKeepsTooMuch):
        sample(ctx, patience=0.1)
    assert ctx.journal.samples(ctx.run_id)[-1].data["kept_bytes"] > 64 * 2**20, "the sample is there all the same"


def _idle(blue: psycopg.Connection[object], ends: Ends) -> bool:
    row = blue.execute("SELECT active FROM pg_replication_slots WHERE slot_name = %s", (ends.names.flow("blue"),))
    return row.fetchone() == (False,)


def test_a_slot_that_the_server_gives_up_is_the_end(one: Linked) -> None:
    _, ctx, ends = one
    seen = arrival.look(ctx, ends, "blue")
    assert seen.slot is not None
    for status in ("unreserved", "lost"):
        with pytest.raises(SlotInDanger, match=status):
            guard_wal.judge(ctx, "cutover_1_blue", replace(seen.slot, wal_status=status), "blue")


def test_ddl_on_blue_is_noticed_once(linked: Linked) -> None:
    pair, ctx, ends = linked
    assert sample(ctx, patience=20)["ddl"] == []
    pair.blue(
        "ALTER TABLE t ADD COLUMN extra int; CREATE INDEX t_v ON t (v); CREATE TABLE novel (id int PRIMARY KEY);"
        " COMMENT ON TABLE t IS 'changed'; GRANT SELECT ON t TO pair_app; CREATE SEQUENCE s;"
        " ALTER TABLE customers ALTER email DROP NOT NULL"
    )
    told = sample(ctx, patience=20)["ddl"]
    assert sample(ctx, patience=20)["ddl"] == told
    text = "\n".join(told)
    for part in ("column public.t.extra is new", "index public.t_v is new", "table public.novel is new", "'changed'",
                 "pair_app: SELECT", "sequence public.s is new", "column public.customers.email"):  # fmt: skip
        assert part in text
    events = [event.text for event in ctx.journal.events(ctx.run_id, kind="ddl")]
    assert len(events) == len(told) and all(text.startswith("the schema of blue has changed") for text in events)
    with ends.open("blue", "test") as db, pytest.raises(SchemaChanged, match=r"table public\.novel is new"):
        ddl_watch.refuse_changes(ctx, db)

    pair.blue(
        "ALTER TABLE t DROP COLUMN extra; DROP INDEX t_v; DROP TABLE novel; COMMENT ON TABLE t IS NULL;"
        " REVOKE SELECT ON t FROM pair_app; DROP SEQUENCE s; ALTER TABLE customers ALTER email SET NOT NULL"
    )
    with ends.open("blue", "test") as db:
        ddl_watch.refuse_changes(ctx, db)


def test_what_a_run_itself_makes_is_no_ddl(one: Linked) -> None:
    """Fences and fill triggers came after the schema was remembered, and go again; so do failed index builds."""
    pair, ctx, ends = one
    pair.blue("INSERT INTO t VALUES (1, 'a'), (2, 'a')")
    pair.blue("VACUUM ANALYZE t")
    with pytest.raises(psycopg.errors.UniqueViolation):
        pair.blue("CREATE UNIQUE INDEX CONCURRENTLY t_v ON t (v)")
    pair.blue("REINDEX TABLE CONCURRENTLY t")
    pair.blue("SELECT nextval('orders_id_seq'); TRUNCATE t")
    with ends.open("blue", "test") as db:
        assert ddl_watch.changes(ctx, db) == []


def test_nobody_can_tell_what_was_never_remembered(one: Linked) -> None:
    pair, ctx, ends = one
    pair.blue("DELETE FROM cutover_sync.fact")
    with ends.open("blue", "test") as db, pytest.raises(NothingRemembered, match="begin again"):
        ddl_watch.changes(ctx, db)


def test_before_green_follows_there_is_nothing_to_sample(pair: PairWorld) -> None:
    ctx = pair.begin()
    with pytest.raises(NotBuilt, match="has nothing on one of the sides"):
        sample(ctx)
