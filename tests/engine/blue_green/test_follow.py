"""Following: what is written on blue arrives on green; and what is said when it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cutover.errors import CutoverError
from cutover.postgres.blue_green import fence, fill, publication, remove, slot, state, subscription
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.fill import NotComputed
from cutover.postgres.blue_green.remove import NotRemoved
from cutover.postgres.blue_green.steps.build import build
from cutover.postgres.blue_green.steps.copy import copy
from cutover.postgres.blue_green.steps.follow import NotFollowing, SlotGone, follow
from cutover.postgres.blue_green.steps.index import index
from cutover.postgres.blue_green.subscription import NotSubscribed
from cutover.postgres.online.locks import LockNotHad
from localstack.cluster import Cluster
from localstack.throwaway import throwaway
from support import pair_dying
from support.pair_world import PairWorld, caught_up, forward, until

from .conftest import MakePair

TABLES = ("customers", "orders", "payments", '"Odd Place"."A ""table"""')


def finish(pair: PairWorld, ends: Ends) -> None:
    remove.everything(ends.ctx, ends)
    assert pair.leftovers() == []


def test_green_follows(any_pair: PairWorld) -> None:
    ctx = any_pair.begin()

    forward(ctx)
    any_pair.blue("UPDATE orders SET note = NULL, status = 'DONE' WHERE id % 3 = 0")
    any_pair.blue("DELETE FROM payments WHERE id % 10 = 0")
    any_pair.blue("UPDATE payments SET at = at + 20 WHERE id % 10 = 1")  # to another partition
    any_pair.blue("INSERT INTO customers (name, email, moods) VALUES ('late', 'late', '{glad}')")
    any_pair.blue("TRUNCATE payments_rest")
    caught_up(ctx)

    assert [any_pair.differing(table) for table in TABLES] == [[], [], [], []]
    assert follow(ctx)["caught_up"] is True  # again: nothing changes
    finish(any_pair, Ends.of(ctx))


def test_a_blue_of_15_is_followed(make_pair: MakePair, pg15: Cluster, pg18: Cluster) -> None:
    pair = make_pair(pg15, pg18)
    ctx = pair.begin()
    forward(ctx)
    pair.blue("UPDATE orders SET note = 'from fifteen' WHERE id % 3 = 0")
    caught_up(ctx)
    assert [pair.differing(table) for table in TABLES] == [[], [], [], []]
    finish(pair, Ends.of(ctx))


def test_green_is_left_alone_until_it_follows(pair: PairWorld) -> None:
    """No autovacuum holds the locks that steps need; wishes of the schema are kept, and visibility is known at once."""
    pair.blue("CREATE TABLE own (id int PRIMARY KEY) WITH (autovacuum_enabled = false, fillfactor = 80)")
    ctx = pair.begin()
    options = "SELECT relname, reloptions FROM pg_class WHERE relname IN ('orders', 'own', 'customers') ORDER BY 1"
    build(ctx)
    assert [row[1][-1] for row in pair.green(options)] == ["autovacuum_enabled=false"] * 2 + ["fillfactor=80"]
    copy(ctx)
    index(ctx)
    follow(ctx)
    assert pair.green(options) == pair.blue(options)
    visible = "SELECT bool_and(relallvisible = relpages) FROM pg_class WHERE relname IN ('orders', 'customers')"
    assert pair.green(visible) == [(True,)]
    finish(pair, Ends.of(ctx))


def test_both_on_one_server(make_pair: MakePair, pg18: Cluster) -> None:
    pair = make_pair(pg18, pg18)
    ctx = pair.begin()
    forward(ctx)
    pair.blue("UPDATE orders SET note = 'next door' WHERE id % 3 = 0")
    caught_up(ctx)
    assert [pair.differing(table) for table in TABLES] == [[], [], [], []]
    finish(pair, Ends.of(ctx))


def test_tables_without_key_follow_or_stay_as_the_spec_says(pair: PairWorld) -> None:
    for name in ("whole", "ignored", "shy"):
        pair.blue(f"CREATE TABLE {name} (id int, note text)")
        pair.blue(f"INSERT INTO {name} SELECT n, 'n' || n FROM generate_series(1, 50) AS n")
    pair.blue("ALTER TABLE shy ADD PRIMARY KEY (id), REPLICA IDENTITY NOTHING")
    pair.blue("CREATE UNLOGGED TABLE light (id int PRIMARY KEY); INSERT INTO light VALUES (1)")
    wishes = {"whole": "full", "shy": "full", "ignored": "ignore"}
    ctx = pair.begin(pair.spec([{"name": f"public.{name}", "without_key": wish} for name, wish in wishes.items()]))
    forward(ctx)
    for name in wishes:
        pair.blue(f"UPDATE {name} SET note = NULL WHERE id % 2 = 0; DELETE FROM {name} WHERE id = 1")
    caught_up(ctx)
    assert pair.differing("whole") == pair.differing("shy") == []
    assert pair.green("SELECT count(*), count(note) FROM ignored") == [(50, 50)]
    assert pair.green("SELECT count(*) FROM light") == [(0,)]
    identities = "SELECT relname, relreplident::text FROM pg_class WHERE relname = ANY (%s) ORDER BY 1"
    assert (
        pair.blue(identities, list(wishes))
        == pair.green(identities, list(wishes))
        == [("ignored", "d"), ("shy", "f"), ("whole", "f")]
    )
    finish(pair, Ends.of(ctx))
    assert pair.blue(identities, list(wishes)) == [("ignored", "d"), ("shy", "n"), ("whole", "d")]


def test_a_plain_table_becomes_a_partitioned_one(pair: PairWorld) -> None:
    pair.blue("CREATE TABLE plain (id int PRIMARY KEY, note text)")
    pair.blue("INSERT INTO plain SELECT n, 'note ' || n FROM generate_series(1, 100) AS n")
    up = """
    DROP TABLE plain;
    CREATE TABLE plain (id int PRIMARY KEY, note text) PARTITION BY HASH (id);
    CREATE TABLE zero PARTITION OF plain FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE one PARTITION OF plain FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    """
    ctx = pair.begin(pair.spec(files={"up.sql": up}))
    forward(ctx)
    pair.blue("UPDATE plain SET note = 'changed' WHERE id < 30; DELETE FROM plain WHERE id > 90")
    pair.blue("INSERT INTO plain VALUES (200, 'new')")
    caught_up(ctx)
    assert pair.differing("plain") == []
    assert pair.green("SELECT count(*) FROM one")[0][0] > 20
    finish(pair, Ends.of(ctx))


def test_rows_come_back_through_a_way_back_made_of_the_same_parts(pair: PairWorld) -> None:
    """Publication, slot, subscription and computed columns the other way round, as after a cutover."""
    up = "DROP VIEW open_orders; ALTER TABLE orders ADD COLUMN cents bigint, DROP COLUMN note;"
    wish = {"name": "public.orders", "columns": {"cents": "(amount * 100)::bigint"}}
    not_there = {"note": "'cents ' || cents"}
    refused = pair.begin(pair.spec([{**wish, "reverse": not_there}], {"up.sql": up}, name="refused"))
    build(refused)
    ends = Ends.of(refused)
    with ends.open("blue", "test") as blue, pytest.raises(NotComputed, match="cents"):
        side = state.find(blue, refused.run_id)
        assert side is not None
        fill.ensure(blue, ends.names, "blue", side.tables)  # blue has no column cents: it does not travel
    finish(pair, ends)
    pair.end(refused)

    ctx = pair.begin(pair.spec([{**wish, "reverse": {"note": "'status ' || status"}}], {"up.sql": up}))
    forward(ctx)
    ends = Ends.of(ctx)
    with ends.open("blue", "test") as blue, ends.open("green", "test") as green:
        side = state.find(green, ctx.run_id)
        assert side is not None
        fill.ensure(blue, ends.names, "blue", side.tables)
        fill.ensure(blue, ends.names, "blue", side.tables)
        publication.ensure(green, ends.names, "green", side.tables)
        slot.ensure(green, ends.names.flow("green"))
        slot.ensure(green, ends.names.flow("green"))
        with green.transaction():
            fence.lower(green, ends.names, fence.look(green, ends.names), 500)
    subscription.ensure(ends, "green")
    subscription.drop(ends, "blue")
    pair.green("UPDATE orders SET status = 'BACK', cents = 5 WHERE id <= 10")
    pair.green("INSERT INTO orders (id, customer_id) VALUES (99999, 1)")
    until(lambda: pair.blue("SELECT count(*) FROM orders WHERE note LIKE 'status %'") == [(11,)], "rows came back")
    assert pair.blue("SELECT DISTINCT note FROM orders WHERE id <= 10") == [("status BACK",)]
    pair.blue("UPDATE orders SET note = 'by hand' WHERE id = 1")  # ordinary sessions are left alone
    assert pair.blue("SELECT note FROM orders WHERE id = 1") == [("by hand",)]
    finish(pair, ends)


def test_an_apply_worker_that_fails_is_noticed(pair: PairWorld) -> None:
    ctx = pair.begin()
    build(ctx)
    copy(ctx)
    index(ctx)
    pair.green("ALTER TABLE orders ADD CONSTRAINT never CHECK (note <> 'poison')")
    pair.blue("UPDATE orders SET note = 'poison' WHERE id = 1")
    with pytest.raises(NotFollowing, match="apply worker has failed") as failed:
        follow(ctx)
    assert "log of green's server" in str(failed.value)
    pair.green("ALTER TABLE orders DROP CONSTRAINT never")
    follow(ctx)
    caught_up(ctx)
    assert pair.differing("orders") == []
    finish(pair, Ends.of(ctx))


def test_a_slot_that_is_gone_is_noticed(pair: PairWorld) -> None:
    ctx = pair.begin()
    build(ctx)
    copy(ctx)
    index(ctx)
    ends = Ends.of(ctx)
    with ends.open("blue", "test") as blue:
        slot.drop(blue, ends.names.flow("blue"))
    with pytest.raises(SlotGone, match=ends.names.flow("blue")):
        follow(ctx)
    finish(pair, ends)


def test_a_blue_that_green_cannot_reach_is_named(pair: PairWorld) -> None:
    ctx = pair.begin()
    build(ctx)
    copy(ctx)
    index(ctx)
    right = pair.infos["shop"]
    pair.infos["shop"] = replace(right, settings={"peer_port": "1"})
    with pytest.raises(NotSubscribed, match="peer_host") as refused:
        follow(ctx)
    assert right.password and right.password not in str(refused.value)
    pair.infos["shop"] = right
    follow(ctx)
    finish(pair, Ends.of(ctx))


def test_killed_between_subscribing_and_saying_so(pair: PairWorld) -> None:
    ctx = pair.begin()
    build(ctx)
    copy(ctx)
    index(ctx)
    pair_dying.die(pair, ctx, "follow", at="bg.follow.subscribed")
    assert follow(ctx)["caught_up"] is True
    finish(pair, Ends.of(ctx))


def test_a_slot_in_use_is_dropped_with_its_reader(pair: PairWorld) -> None:
    ctx = pair.begin()
    forward(ctx)
    ends = Ends.of(ctx)
    with ends.open("green", "test") as green:
        subscription.set_enabled(green, ends.names, "blue", False)
        assert subscription.find(green, ends.names.flow("blue")) is not None
    with ends.open("blue", "test") as blue:
        slot.drop(blue, ends.names.flow("blue"))
        slot.drop(blue, ends.names.flow("blue"))
        assert slot.find(blue, ends.names.flow("blue")) is None
    finish(pair, ends)


def test_a_computed_column_waits_for_a_locked_table(pair: PairWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fill, "ATTEMPTS", 2)
    ctx = pair.begin(pair.spec([{"name": "public.orders", "reverse": {"note": "upper(status)"}}]))
    build(ctx)
    ends = Ends.of(ctx)
    with ends.open("blue", "holder") as holder, ends.open("blue", "test") as blue, holder.transaction():
        holder.execute("UPDATE public.orders SET note = note WHERE id = 1")
        side = state.find(blue, ctx.run_id)
        assert side is not None
        with pytest.raises(LockNotHad, match=r"public\.orders.*holder"):
            fill.ensure(blue, ends.names, "blue", side.tables)
    finish(pair, ends)


def test_one_side_away_keeps_nobody_from_cleaning_the_other(make_pair: MakePair, pg16: Cluster) -> None:
    with throwaway(18) as green:
        pair = make_pair(pg16, green)
        ctx = pair.begin()
        forward(ctx)
        green.stop("immediate")
        with pytest.raises(NotRemoved, match="shop_green") as left:
            remove.everything(ctx, Ends.of(ctx))
        assert isinstance(left.value, CutoverError)
        on_blue = pair.blue("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()")
        assert on_blue == [(0,)]  # blue's disk is out of danger
        assert pair.blue("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'cutover%'") == [(0,)]
        green.start()
        finish(pair, Ends.of(ctx))
