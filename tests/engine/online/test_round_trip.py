"""Migrate, write, roll back, write, migrate: everything is there each time, and comes back as it was."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cutover.postgres import online
from cutover.postgres.online import fingerprint
from support.online_world import World, forward


@pytest.fixture(params=["world", "world16"])
def any_world(request: pytest.FixtureRequest) -> World:
    return request.getfixturevalue(request.param)


def _rows(world: World) -> list[tuple[object, ...]]:
    return world.sql(
        "SELECT id, customer_id, parent_id, status, note, amount, legacy_flag, tags, body, position"
        " FROM orders ORDER BY id"
    )


def _print(world: World) -> dict[str, object]:
    with world.connect(options="-c search_path=pg_catalog") as db:
        return fingerprint.take(db, world.one("SELECT 'public.orders'::regclass::oid"))


def test_there_and_back_and_there(any_world: World) -> None:
    world = any_world
    ctx = world.orders_run()
    before, definition = _rows(world), _print(world)

    forward(ctx)
    online.swap(ctx)
    online.settle(ctx)
    assert (
        world.one(
            "SELECT format_type(atttypid, -1) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'id'"
        )
        == "bigint"
    )
    assert world.one("SELECT count(*) FROM orders") == 5000
    assert world.sql("SELECT id, remark, amount_cents, preferences ->> 'legacy' FROM orders WHERE id = 6") == [
        (6, "", 86, "true")
    ]
    assert world.one("SELECT count(*) FROM open_orders_by_customer") == 200
    assert world.one("SELECT orders_of(3)") == 25

    world.sql("UPDATE orders SET remark = NULL WHERE id = 7")
    world.sql("DELETE FROM orders WHERE id = 8")
    new = world.one(
        "INSERT INTO orders (customer_id, amount_cents, preferences) VALUES (1, 1234, '{\"legacy\": true}')"
        " RETURNING id"
    )
    assert new > 5000

    done = online.roll_back(ctx)
    assert done["was_swapped"] and done["row_diff"] == 0 and done["differences"] == []
    assert world.leftovers() == []
    assert _print(world) == definition
    after = {row[0]: row for row in _rows(world)}
    expected = {row[0]: row for row in before}
    expected.pop(8)
    assert {key for key, row in after.items() if expected.get(key) != row} == {7, 56, new}
    assert after[7][4] is None and after[new][5] == Decimal("12.34") and after[new][6] is True
    world.end(ctx)

    again = world.orders_run()
    forward(again)
    online.swap(again)
    online.settle(again)
    assert online.finalize(again) == {"archived": ["cutover_archive_2_public.orders"], "dropped": []}
    assert world.one("SELECT count(*) FROM orders") == 5000
    assert [name for name in world.leftovers() if "archive" not in name] == []
