"""What crosses the wire means the same on the other side, whatever its type, and as if it had followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from cutover.postgres.blue_green import remove, wire
from cutover.postgres.blue_green.copying import RowRefused
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.mapping import MappingRefused
from cutover.postgres.blue_green.state import Side, find
from cutover.postgres.blue_green.steps.build import build
from cutover.postgres.blue_green.steps.copy import copy
from cutover.postgres.blue_green.wire import ExpressionFails
from support import pair_world
from support.pair_world import PairWorld, caught_up, forward

EVERYTHING = Path(pair_world.__file__).with_name("pair_types.sql").read_text()


def columns_of(pair: PairWorld, table: str) -> list[str]:
    query = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum"
    return [row[0] for row in pair.blue(query, table)]


def test_every_type(any_pair: PairWorld) -> None:
    any_pair.blue(EVERYTHING)
    ctx = any_pair.begin()
    build(ctx)
    copy(ctx)
    assert any_pair.differing("everything") == []
    assert any_pair.green("SELECT double = 0.1::float8 + 0.2::float8, relation, long FROM everything WHERE id = 1") == [
        (True, "orders", 'tab\t, \\N and "quotes"\nand a line')
    ]
    remove.everything(ctx, Ends.of(ctx))


def test_binary_only_where_bytes_mean_the_same(pair: PairWorld) -> None:
    pair.blue(EVERYTHING)
    for column in columns_of(pair, "everything")[1:]:
        pair.blue(f'CREATE TABLE only_{column} AS SELECT id, "{column}" FROM everything')
        pair.blue(f"ALTER TABLE only_{column} ADD PRIMARY KEY (id)")
    ctx = pair.begin()
    build(ctx)
    with Ends.of(ctx).open("blue", "test") as blue, Ends.of(ctx).open("green", "test") as green:
        side = find(green, ctx.run_id)
        assert isinstance(side, Side)
        text = {found.table.table for found in wire.plan(blue, green, side.tables) if not found.binary}
    assert {name.removeprefix("only_") for name in text if name.startswith("only_")} == {
        "relation",  # an oid of blue's
        "kind",
        "moods",  # the oid of the enum is in the array
        "place",
        "places",
        "own",
        "row_of",
    }
    remove.everything(ctx, Ends.of(ctx))


CHANGED = """
DROP VIEW open_orders;
ALTER TABLE customers ALTER COLUMN id TYPE bigint;
ALTER TABLE orders ALTER COLUMN id TYPE bigint, ALTER COLUMN note TYPE varchar(30),
    ALTER COLUMN amount TYPE numeric(12, 3),
    ALTER COLUMN spent TYPE numeric, ALTER COLUMN legacy_flag TYPE text,
    ALTER COLUMN tags TYPE text USING tags::text, ALTER COLUMN feeling DROP DEFAULT, ALTER COLUMN feeling TYPE text,
    ADD COLUMN cents bigint, ADD COLUMN loud text NOT NULL, ADD COLUMN made timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN docs jsonb NOT NULL;
"""


def test_what_is_copied_is_what_would_have_followed(pair: PairWorld) -> None:
    """Half of the rows are copied, the same rows follow afterwards: both halves must look the same."""
    columns = {
        "cents": "(amount * 100)::bigint",
        "loud": "upper(status) -- with a comment",
        "docs": "jsonb_build_object('n', note)",
    }
    pair.blue("DELETE FROM orders WHERE id > 400; UPDATE orders SET parent_id = NULL, legacy_flag = id % 2 = 0")
    ctx = pair.begin(pair.spec([{"name": "public.orders", "columns": columns}], {"up.sql": CHANGED}))
    forward(ctx)
    names = [name for name in columns_of(pair, "orders") if name not in ("id", "updated_at")]
    listed = ", ".join(f'"{name}"' for name in names if name != "doubled")
    pair.blue("ALTER TABLE orders DISABLE TRIGGER orders_touch")
    pair.blue(f"INSERT INTO orders (id, {listed}) SELECT id + 10000, {listed} FROM orders")
    caught_up(ctx)

    compared = ", ".join([*names, "cents", "loud", "docs"])
    copied = pair.green(f"SELECT id, {compared} FROM orders WHERE id < 10000 ORDER BY id")
    followed = pair.green(f"SELECT id - 10000, {compared} FROM orders WHERE id > 10000 ORDER BY id")
    assert len(copied) == 400
    assert copied == followed
    assert pair.green("SELECT count(*) FROM orders WHERE loud IS NULL OR cents <> round(amount * 100)") == [(0,)]
    assert {row[0] for row in pair.green("SELECT DISTINCT legacy_flag FROM orders")} == {"t", "f"}
    remove.everything(ctx, Ends.of(ctx))
    assert pair.leftovers() == []


def test_a_value_that_does_not_fit_is_named_instead_of_cut(pair: PairWorld) -> None:
    ctx = pair.begin(pair.spec(files={"up.sql": "ALTER TABLE orders ALTER COLUMN note TYPE varchar(3);"}))
    build(ctx)
    with pytest.raises(
        RowRefused, match=r"public\.orders: .*value too long for type character varying\(3\)"
    ) as refused:
        copy(ctx)
    assert "column note" in str(refused.value)
    assert [slot for slot in pair.leftovers() if "slot" in slot] == []
    remove.everything(ctx, Ends.of(ctx))
    assert pair.leftovers() == []


def test_an_expression_that_fails_is_named(pair: PairWorld) -> None:
    up = {"up.sql": "ALTER TABLE orders ADD COLUMN x int;"}
    for text, error in (("nothing + 1", ExpressionFails), ("1 / (id - 1)", RowRefused)):
        ctx = pair.begin(pair.spec([{"name": "public.orders", "columns": {"x": text}}], up))
        build(ctx)
        with pytest.raises(error, match="orders"):
            copy(ctx)
        remove.everything(ctx, Ends.of(ctx))
        pair.end(ctx)
    assert pair.leftovers() == []


def test_a_column_that_blue_generates_needs_an_expression(pair: PairWorld) -> None:
    up = {"up.sql": "ALTER TABLE orders ALTER COLUMN doubled DROP EXPRESSION;"}
    ctx = pair.begin(pair.spec(files=up))
    with pytest.raises(MappingRefused, match="doubled"):
        build(ctx)
    remove.everything(ctx, Ends.of(ctx))
    pair.end(ctx)
    ctx = pair.begin(pair.spec([{"name": "public.orders", "columns": {"doubled": "customer_id * 2"}}], up))
    forward(ctx)
    pair.blue("UPDATE orders SET customer_id = 7 WHERE id = 1")
    caught_up(ctx)
    assert pair.differing("orders") == []
    remove.everything(ctx, Ends.of(ctx))
