"""The shadow has everything that LIKE ... INCLUDING ALL forgets, before and after the swap."""

from __future__ import annotations

from typing import Any

import pytest

from cutover.errors import CutoverError
from cutover.postgres import online
from cutover.postgres.online import fingerprint
from cutover.postgres.online.mapping import MappingError
from cutover.postgres.online.shadow import AlterFailed
from support.online_world import World, forward


def _print(world: World, name: str) -> dict[str, Any]:
    with world.connect(options="-c search_path=pg_catalog") as db:
        return fingerprint.take(db, world.one("SELECT %s::regclass::oid", name))


def test_a_copy_without_changes_has_the_same_definition_after_the_swap(world: World) -> None:
    ctx = world.orders_run()
    online.roll_back(ctx)
    world.end(ctx)
    before = _print(world, "public.orders")
    plain = world.begin(world.spec([{"name": "public.orders"}], {}, name="plain"))
    forward(plain)
    online.swap(plain)
    online.settle(plain)
    assert fingerprint.differences(before, _print(world, "public.orders")) == []


@pytest.mark.parametrize(
    ("alter", "columns", "error", "says"),
    [
        (
            "ALTER TABLE orders ADD COLUMN x int; ALTER TABLE orders ADD COLUMN x int;",
            {},
            AlterFailed,
            "already exists",
        ),
        ("ALTER TABLE orders ADD COLUMN x int NOT NULL", {}, MappingError, "NOT NULL"),
        ("ALTER TABLE orders DROP COLUMN id", {}, CutoverError, "id"),
        ("", {"nope": "1"}, MappingError, "no column 'nope'"),
        ("", {"name_length": "1"}, MappingError, "generated"),
        ("", {"status": "upper(status)"}, MappingError, "no way back"),
    ],
)
def test_a_shadow_that_cannot_be_leaves_nothing(
    world: World, alter: str, columns: dict[str, str], error: type[Exception], says: str
) -> None:
    online.roll_back(world.orders_run())
    world.journal.set_state("trial.1", "rolled_back")
    before = _print(world, "public.orders")
    table: dict[str, Any] = {"name": "public.orders", "columns": columns}
    files = {}
    if alter:
        table["alter"], files["alter.sql"] = "alter.sql", alter
    ctx = world.begin(world.spec([table], files, name="bad"))
    with pytest.raises(error, match=says):
        online.build(ctx)
    online.roll_back(ctx)
    assert world.leftovers() == []
    assert _print(world, "public.orders") == before


def test_a_table_that_is_not_there(world: World) -> None:
    ctx = world.begin(world.spec([{"name": "public.nothing"}], {}))
    with pytest.raises(CutoverError, match=r"no ordinary table public\.nothing"):
        online.build(ctx)
    online.roll_back(ctx)
    assert world.leftovers() == []


def test_the_same_table_twice(world: World) -> None:
    first = world.orders_run()
    online.build(first)
    world.journal.set_state(first.run_id, "window")
    second = world.begin(world.spec([{"name": "public.orders"}], {}, name="second"))
    with pytest.raises(CutoverError, match=r"in the hands of run 'trial\.1'"):
        online.build(second)
    online.roll_back(second)
    assert online.status(first)["tables"][0]["phase"] == "capturing"


def test_schema_up_that_fails_half_way_and_down(world: World) -> None:
    online.roll_back(world.orders_run())
    world.journal.set_state("trial.1", "rolled_back")
    files = {"up.sql": "CREATE TYPE mood AS ENUM ('ok'); SELECT 1 / 0;", "down.sql": "DROP TYPE mood"}
    schema = {"up": "up.sql", "down": "down.sql"}
    ctx = world.begin(world.spec([{"name": "public.orders"}], files, name="half", schema=schema))
    with pytest.raises(CutoverError, match="division by zero"):
        online.build(ctx)
    assert world.one("SELECT to_regtype('mood') IS NULL")
    online.roll_back(ctx)
    world.end(ctx)
    files["up.sql"] = "CREATE TYPE mood AS ENUM ('ok')"
    ctx = world.begin(world.spec([{"name": "public.orders"}], files, name="half", schema=schema))
    online.build(ctx)
    online.build(ctx)
    assert world.one("SELECT to_regtype('mood') IS NOT NULL")
    online.roll_back(ctx)
    assert world.one("SELECT to_regtype('mood') IS NULL")
    assert world.leftovers() == []
