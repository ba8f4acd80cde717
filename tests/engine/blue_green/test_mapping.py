"""What a mapping refuses, all at once, with what mends it; and what it makes of tables, keys and columns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cutover.postgres.blue_green import mapping, publication, remove, state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.mapped import Column, Table
from cutover.postgres.blue_green.mapping import MappingRefused, TableNotHere
from cutover.postgres.blue_green.steps.build import build
from cutover.postgres.blue_green.tables import TableMap
from cutover.spec.models import Migration
from support.pair_world import PairWorld


def column(name: str, kind: str = "integer", **more: Any) -> Column:
    return Column(**{"name": name, "type": kind, "not_null": False, "generated": False, "fills_itself": False, **more})


BLUE = Table(
    "public",
    "t",
    "r",
    "p",
    "d",
    [column("id", not_null=True), column("a"), column("b", "text")],
    ["id"],
    None,
    [],
)


def migration(*tables: dict[str, Any]) -> Migration:
    body = {
        "name": "m",
        "title": "t",
        "strategy": "blue_green",
        "owner": "o",
        "source": "s",
        "target": "g",
        "router": "r",
    }
    return Migration.model_validate({**body, "tables": list(tables)})


def made(blue: Table, green: Table | None, **wish: Any) -> TableMap:
    spec = migration({"name": "public.t", **wish}) if wish else migration()
    (found,) = mapping.make(spec, [blue], [green] if green else [])
    return found


def test_a_table_that_stays_as_it_is() -> None:
    found = made(BLUE, BLUE)
    assert (found.key, found.identity, found.followed) == (("id",), "default", True)
    assert found.columns == found.shared == ("id", "a", "b")
    assert TableMap.from_json(found.to_json()) == found


def test_columns_that_come_go_and_change() -> None:
    green = replace(
        BLUE, columns=[column("id", "bigint"), column("b", "text"), column("c"), column("d", generated=True)]
    )
    found = made(BLUE, green, columns={"c": "a * 2"}, reverse={"a": "c / 2"})
    assert (found.shared, found.forward, found.back) == (("id", "b"), {"c": "a * 2"}, {"a": "c / 2"})
    assert found.types == {"id": "bigint", "b": "text", "c": "integer"}


def test_a_computed_column_of_the_same_name_travels_only_where_it_fits() -> None:
    same = made(BLUE, BLUE, columns={"b": "upper(b)"})
    other = made(BLUE, replace(BLUE, columns=[column("id"), column("a"), column("b")]), columns={"b": "length(b)"})
    assert (same.shared, other.shared) == (("id", "a", "b"), ("id", "a"))


def test_tables_that_green_does_not_have_are_left_behind() -> None:
    found = made(BLUE, None)
    assert (found.on_green, found.followed) == (False, False)


@pytest.mark.parametrize(
    ("blue", "green", "wish", "said"),
    [
        ({"primary_key": None}, {}, {}, "no usable primary key"),
        ({"identity": "n"}, {}, {}, "REPLICA IDENTITY NOTHING"),
        ({"identity": "i"}, {}, {}, "replica identity index is gone"),
        ({}, {"primary_key": ["a"]}, {}, r"known by \(id\) on blue and by \(a\) on green"),
        ({}, {"primary_key": None}, {}, "by \\(nothing\\) on green"),
        ({}, {"columns": [*BLUE.columns, column("c", not_null=True)]}, {}, "new column c is NOT NULL"),
        ({"columns": [*BLUE.columns, column("c", not_null=True)]}, {}, {}, "could not come back"),
        (
            {"columns": [*BLUE.columns, column("c", generated=True)]},
            {"columns": [*BLUE.columns, column("c")]},
            {},
            "generated",
        ),
        ({}, {}, {"columns": {"x": "1"}}, "green has no column x"),
        ({}, {}, {"reverse": {"x": "1"}}, "blue has no column x"),
        (
            {"primary_key": None},
            {"primary_key": None, "columns": [*BLUE.columns, column("c")]},
            {"without_key": "full"},
            "FULL",
        ),
        ({}, {"columns": [column("id", generated=True), *BLUE.columns[1:]]}, {}, "id tells its rows apart"),
    ],
)
def test_what_cannot_travel_is_refused(
    blue: dict[str, Any], green: dict[str, Any], wish: dict[str, Any], said: str
) -> None:
    with pytest.raises(MappingRefused, match=said) as refused:
        made(replace(BLUE, **blue), replace(BLUE, **green), **wish)
    assert "public.t" in str(refused.value)


@pytest.mark.parametrize(("wish", "followed", "identity"), [("full", True, "full"), ("ignore", False, "none")])
def test_the_spec_decides_for_tables_without_key(wish: str, followed: bool, identity: str) -> None:
    keyless = replace(BLUE, primary_key=None)
    found = made(keyless, keyless, without_key=wish)
    assert (found.followed, found.identity, found.key) == (followed, identity, ())


def test_unlogged_tables_do_not_follow() -> None:
    assert made(replace(BLUE, persistence="u"), replace(BLUE, persistence="u")).followed is False


def test_partitions_take_what_is_said_of_their_parent_and_have_to_stay() -> None:
    parent = replace(BLUE, table="p", kind="p", primary_key=None)
    part = replace(BLUE, table="p_1", primary_key=None, parents=["public.p"])
    spec = migration({"name": "public.p", "without_key": "full"})
    (found,) = mapping.make(spec, [parent, part], [parent, part])
    assert (found.label, found.identity) == ("public.p_1", "full")
    with pytest.raises(MappingRefused, match="no such partition"):
        mapping.make(spec, [parent, part], [parent])


def test_a_table_that_blue_does_not_have() -> None:
    with pytest.raises(TableNotHere, match=r"public\.nothing"):
        mapping.make(migration({"name": "public.nothing"}), [BLUE], [BLUE])


def test_everything_in_the_way_is_said_at_once(pair: PairWorld) -> None:
    pair.blue(
        "CREATE TABLE keyless (n int); CREATE TABLE shy (id int PRIMARY KEY); ALTER TABLE shy REPLICA IDENTITY NOTHING"
    )
    ctx = pair.begin(pair.spec(files={"up.sql": "ALTER TABLE customers DROP COLUMN name;"}))
    with pytest.raises(MappingRefused) as refused:
        build(ctx)
    for label in ("public.keyless", "public.shy", "public.customers"):
        assert label in str(refused.value)
    remove.everything(ctx, Ends.of(ctx))
    assert pair.leftovers() == []


def test_the_publication_lists_columns_only_where_green_lacks_some(pair: PairWorld) -> None:
    ctx = pair.begin(pair.spec(files={"up.sql": "ALTER TABLE customers DROP COLUMN photo;"}))
    build(ctx)
    ends = Ends.of(ctx)
    lists = (
        "SELECT prrelid::regclass::text, prattrs IS NOT NULL FROM pg_publication_rel r"
        " JOIN pg_publication p ON p.oid = prpubid"
        f" WHERE pubname = '{ends.names.flow('blue')}' ORDER BY prrelid::regclass::text COLLATE \"C\""
    )
    found = dict(pair.blue(lists))
    assert found.pop("customers") is True
    assert set(found.values()) == {False}
    assert {"cutover_sync.heartbeat", "payments_rest", "orders"} <= set(found)
    with ends.open("blue", "test") as blue:  # again, with one table less: the same publication, changed
        side = state.find(blue, ctx.run_id)
        assert side is not None
        publication.ensure(blue, ends.names, "blue", [table for table in side.tables if table.table != "orders"])
    assert "orders" not in dict(pair.blue(lists))
    remove.everything(ctx, ends)
    assert pair.leftovers() == []
