"""What the drain has to cope with: exchanged unique values, refused rows, TRUNCATE, long logs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres import online
from cutover.postgres.online import drain
from support.online_world import World, forward


def _differences(world: World) -> int:
    schema = world.one("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'cutover_new%%'")
    return world.one(
        f"SELECT count(*) FROM (SELECT id, n, v FROM items) l FULL JOIN {schema}.items r USING (id)"
        " WHERE (l.n, l.v) IS DISTINCT FROM (r.n, r.v)"
    )


def test_unique_values_that_are_exchanged_far_apart(world: World, begin: Callable[..., RunContext]) -> None:
    ctx = begin()
    forward(ctx)
    # One half of the exchange at the beginning of a long log, the other at its end: two windows of blocks.
    world.sql("UPDATE items SET n = NULL WHERE id = 1")
    world.sql("DO $$ BEGIN FOR i IN 1 .. 60 LOOP UPDATE items SET v = v || '.' WHERE id > 3; END LOOP; END $$")
    world.sql("UPDATE items SET n = 1 WHERE id = 2")
    world.sql("UPDATE items SET n = 2 WHERE id = 1")
    log = "SELECT pg_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relname ~ '^log_[0-9]'"
    assert world.one(log) > 2 * drain.WINDOW_BLOCKS * 8192
    online.catch_up(ctx)
    assert _differences(world) == 0
    assert online.status(ctx)["tables"][0]["stuck"] == 0


def test_all_values_turned_round_in_one_statement(world: World, begin: Callable[..., RunContext]) -> None:
    ctx = begin()
    forward(ctx)
    world.sql("UPDATE items SET n = n + 10000")
    world.sql("UPDATE items SET n = 11001 - n")
    online.catch_up(ctx)
    assert _differences(world) == 0


def test_truncate_then_new_rows(world: World, begin: Callable[..., RunContext]) -> None:
    ctx = begin()
    forward(ctx)
    world.sql("UPDATE items SET v = 'before'")
    world.sql("TRUNCATE items")
    world.sql("INSERT INTO items SELECT k, k, 'after' FROM generate_series(1, 10) AS k")
    online.catch_up(ctx)
    assert _differences(world) == 0
    assert world.one("SELECT count(*) FROM cutover.truncation") == 0


def test_truncate_before_the_backfill_and_during_it(world: World, begin: Callable[..., RunContext]) -> None:
    ctx = begin()
    online.build(ctx)
    world.sql("TRUNCATE items")
    world.sql("INSERT INTO items SELECT k, k, 'after' FROM generate_series(500, 600) AS k")
    online.backfill(ctx)
    online.index(ctx)
    online.catch_up(ctx)
    assert _differences(world) == 0


def test_a_row_that_the_shadow_refuses_stops_the_run_not_the_application(
    world: World, begin: Callable[..., RunContext]
) -> None:
    ctx = begin("ALTER TABLE items ADD CONSTRAINT short CHECK (length(v) < 10)")
    forward(ctx)
    world.sql("UPDATE items SET v = 'much too long for the shadow' WHERE id = 7")
    world.sql("UPDATE items SET v = 'fine' WHERE id = 8")
    with pytest.raises(CutoverError, match=r"refuses 1 live rows: key \['7'\].*short"):
        online.catch_up(ctx)
    assert _differences(world) == 1
    world.sql("UPDATE items SET v = 'mended' WHERE id = 7")
    online.catch_up(ctx)
    assert _differences(world) == 0
    online.swap(ctx)


def test_a_row_that_cannot_be_backfilled_is_named(world: World, begin: Callable[..., RunContext]) -> None:
    ctx = begin("ALTER TABLE items ADD CONSTRAINT small CHECK (n < 700)")
    online.build(ctx)
    with pytest.raises(CutoverError, match=r"small.*Failing row contains"):
        online.backfill(ctx)
    online.roll_back(ctx)
    assert world.leftovers() == []


def test_a_row_without_a_way_back_is_named_and_mended(world: World, begin: Callable[..., RunContext]) -> None:
    ctx = begin()
    forward(ctx)
    online.swap(ctx)
    world.sql("INSERT INTO items VALUES (3000000000, 5000, 'too big for an integer'), (2000, 2000, 'fits')")
    assert online.keep_in_step(ctx)["stuck"] == 1
    assert [check["ok"] for check in online.watch(ctx) if check["code"] == "WAY_BACK"] == [False]
    with pytest.raises(CutoverError, match=r"1 rows written since the swap do not fit.*3000000000.*out of range"):
        online.roll_back(ctx)
    assert online.status(ctx)["tables"][0]["live"] == "shadow"
    world.sql("UPDATE items SET id = 3000 WHERE id = 3000000000")
    done = online.roll_back(ctx)
    assert done["row_diff"] == 0 and done["differences"] == []
    assert world.one("SELECT count(*) FROM items WHERE id IN (2000, 3000)") == 2
    assert world.leftovers() == []


def test_loss_can_be_accepted(world: World, begin: Callable[..., RunContext]) -> None:
    ctx = begin()
    forward(ctx)
    online.swap(ctx)
    world.sql("INSERT INTO items VALUES (3000000000, 5000, 'too big for an integer')")
    online.roll_back(ctx, accept_loss=True)
    assert world.one("SELECT count(*) FROM items") == 1000
    assert world.leftovers() == []


def test_a_column_that_only_the_old_side_has_keeps_its_values(world: World, begin: Callable[..., RunContext]) -> None:
    ctx = begin("ALTER TABLE items DROP COLUMN v")
    forward(ctx)
    online.swap(ctx)
    world.sql("UPDATE items SET n = 5001 WHERE id = 1")
    world.sql("INSERT INTO items VALUES (2000, 2000)")
    online.roll_back(ctx)
    assert world.sql("SELECT n, v FROM items WHERE id IN (1, 2000) ORDER BY id") == [(5001, "v1"), (2000, None)]
