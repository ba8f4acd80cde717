"""Values that compare tools take for equal (or choke on) and that are not. Each row of these lists fooled some tool."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg import sql

from cutover.connections import ConnectionInfo
from cutover.postgres.rowdiff import ComparedColumn, DiffImpossible
from localstack.cluster import Cluster
from support.rowdiffing import diff, named, run, twin_tables

PREPARED = [
    "CREATE TYPE pair AS (a text, b text)",
    "CREATE TYPE mood AS ENUM ('sad', 'ok')",
    "CREATE DOMAIN cents AS numeric",
]

# type, one value, another value that a reader can tell apart from it
DIFFERENT = [
    ("text", "NULL", "''"),
    ("text", "NULL", "'null'"),
    ("text", "NULL", "'<null>'"),
    ("text", "''", "' '"),
    ("text", "'a'", "'a '"),
    ("text", "'é'", "E'e\\u0301'"),
    ("varchar(10)", "'A'", "'a'"),
    ("char(3)", "'a'", "'A'"),
    ('text COLLATE "C"', "'ss'", "'ß'"),
    ("numeric(10,2)", "1.25", "1.3"),
    ("numeric", "1.0", "1.00"),
    ("numeric", "0", "'NaN'"),
    ("numeric", "'Infinity'", "'-Infinity'"),
    ("numeric", "12345678901234567890.123456789", "12345678901234567890.123456788"),
    ("cents", "1.5", "1.50"),
    ("float8", "0.1::float8 + 0.2::float8", "0.3"),
    ("float8", "'-0'", "'0'"),
    ("float8", "'NaN'", "NULL"),
    ("float8", "'Infinity'", "'NaN'"),
    ("float8", "9007199254740993", "9007199254740994"),
    ("float4", "0.1", "0.10000001"),
    ("float4", "'-0'", "'0'"),
    ("timestamp", "'2024-01-01 00:00:00.000001'", "'2024-01-01 00:00:00'"),
    ("timestamptz", "'2024-01-01 00:00:00.123456+00'", "'2024-01-01 00:00:00.123457+00'"),
    ("timestamptz", "'2024-10-27 02:30:00+02'", "'2024-10-27 02:30:00+01'"),
    ("timestamptz", "'infinity'", "'-infinity'"),
    ("timestamp", "'4713-01-01 BC'", "'4713-01-01'"),
    ("timetz", "'10:00+00'", "'11:00+01'"),
    ("time", "'24:00:00'", "'00:00:00'"),
    ("interval", "'1 month'", "'30 days'"),
    ("interval", "'24 hours'", "'1 day'"),
    ("date", "'infinity'", "NULL"),
    ("bool", "NULL", "false"),
    ("bytea", "'\\x00'", "'\\x0000'"),
    ("bytea", "''", "NULL"),
    ("bytea", "'abc'", "'ABC'"),
    ("json", """'{"a":1}'""", """'{"a": 1}'"""),
    ("json", """'{"a":1,"a":2}'""", """'{"a":2}'"""),
    ("jsonb", """'{"a":1.0}'""", """'{"a":1.00}'"""),
    ("jsonb", "'null'", "NULL"),
    ("jsonb", "'\"\"'", "'{}'"),
    ("int[]", "'{}'", "NULL"),
    ("int[]", "'{NULL}'", "'{}'"),
    ("int[]", "'{1,2}'", "'[0:1]={1,2}'"),
    ("int[]", "'{1,2,3,4}'", "'{{1,2},{3,4}}'"),
    ("text[]", "'{NULL}'", "'{\"NULL\"}'"),
    ("text[]", "'{\"a,b\"}'", "'{a,b}'"),
    ("numeric[]", "'{1.0}'", "'{1.00}'"),
    ("float8[]", "'{-0}'", "'{0}'"),
    ("int4range", "'empty'", "NULL"),
    ("int4range", "'[1,)'", "'[1,2147483647)'"),
    ("numrange", "'[1,2]'", "'[1,2)'"),
    ("numrange", "'[1.0,2]'", "'[1.00,2]'"),
    ("int4multirange", "'{}'", "'{[1,2)}'"),
    ("pair", "ROW('a', NULL)::pair", "ROW('a', '')::pair"),
    ("pair", "NULL", "ROW(NULL, NULL)::pair"),
    ("pair", "ROW('a,b', 'c')::pair", "ROW('a', 'b,c')::pair"),
    ("pair[]", "ARRAY[ROW('a', NULL)::pair]", "ARRAY[ROW('a', '')::pair]"),
    ("mood", "'sad'", "'ok'"),
    ("uuid", "'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-000000000010'"),
    ("inet", "'10.0.0.1/24'", "'10.0.0.1/32'"),
    ("bit(4)", "B'0001'", "B'0010'"),
    ("varbit", "B'0'", "B'00'"),
    ("money", "'1.00'", "'1.01'"),
    ("point", "'(0,1)'", "'(-0,1)'"),
    ("polygon", "'((0,0),(1,1),(2,0))'", "'((1,1),(2,0),(0,0))'"),
    ("tsvector", "'a:1'", "'a:2'"),
    ('"char"', "'a'", "'b'"),
    ("name", "'a'", "'A'"),
    ("bigint", "9007199254740993", "9007199254740992"),
]


@pytest.fixture(scope="module", params=["pg16", "pg18"])
def server(request: pytest.FixtureRequest) -> Cluster:
    return request.getfixturevalue(request.param)


@pytest.fixture
def info(server: Cluster) -> Iterator[ConnectionInfo]:
    yield server.create_database("traps")
    server.drop_database("traps")


def test_every_pair_of_different_values_is_found_and_every_equal_value_is_not(info: ConnectionInfo) -> None:
    """One table, one column per trap: row 1 differs in all of them, row 2 in none, whatever the session is set to."""
    run(info, *PREPARED)
    columns = ", ".join(f"c{n} {kind}" for n, (kind, _, _) in enumerate(DIFFERENT))
    twin_tables(info, f"id int PRIMARY KEY, {columns}")
    ones = ", ".join(one for _, one, _ in DIFFERENT)
    others = ", ".join(other for _, _, other in DIFFERENT)
    run(info, f"INSERT INTO live.t VALUES (1, {ones}), (2, {ones})")
    run(info, f"INSERT INTO shadow.t VALUES (1, {others}), (2, {ones})")
    expected = {("1",): ("changed", tuple(f"c{n}" for n in range(len(DIFFERENT))))}

    assert named(diff(info)) == expected
    # Settings under which text forms lose digits, offsets or bytes must not matter.
    hostile = {
        "extra_float_digits": "-15",
        "datestyle": "SQL, DMY",
        "timezone": "Europe/Berlin",
        "intervalstyle": "iso_8601",
        "bytea_output": "escape",
    }
    assert named(diff(info, settings=hostile)) == expected


@pytest.mark.parametrize(("kind", "one", "other"), DIFFERENT, ids=lambda value: value if len(value) < 30 else None)
def test_each_value_alone(server_database: ConnectionInfo, kind: str, one: str, other: str) -> None:
    """The only column but the key, both ways round: no neighbour helps to find it."""
    run(server_database, "DROP SCHEMA IF EXISTS live, shadow CASCADE")
    twin_tables(server_database, f"id int PRIMARY KEY, v {kind}")
    run(server_database, f"INSERT INTO live.t VALUES (1, {one}), (2, {other}), (3, {one})")
    run(server_database, f"INSERT INTO shadow.t VALUES (1, {other}), (2, {one}), (3, {one})")
    result = diff(server_database)
    assert named(result) == {("1",): ("changed", ("v",)), ("2",): ("changed", ("v",))}
    assert (result.changed, result.total, result.ok) == (2, 2, False)
    first = result.differences[0].columns[0]
    assert (first.left is None, first.right is None) == (one == "NULL", other == "NULL")


@pytest.fixture(scope="module")
def server_database(server: Cluster) -> Iterator[ConnectionInfo]:
    info = server.create_database("trap")
    run(info, *PREPARED)
    yield info
    server.drop_database("trap")


def test_values_do_not_run_into_each_other(info: ConnectionInfo) -> None:
    """('a|b', 'c') is not ('a', 'b|c'), whatever separates columns inside the tool."""
    twin_tables(info, "id int PRIMARY KEY, a text, b text, c text")
    rows = [("a{0}b", "c", "a", "b{0}c"), ("{0}", "", "", "{0}"), ("a{0}", "b", "a", "{0}b")]
    separators = ["|", ",", '"', '","', "\\", "', '", "\x01", "\x1f", "\n", "\t", ")(", "<null>", "::", "𝄞"]
    number = 0
    for separator in separators:
        for row in rows:
            number += 1
            a, b, c, d = (value.format(separator).replace("'", "''") for value in row)
            run(info, f"INSERT INTO live.t VALUES ({number}, '{a}', '{b}', 'same')")
            run(info, f"INSERT INTO shadow.t VALUES ({number}, '{c}', '{d}', 'same')")
    result = diff(info)
    assert result.changed == number
    assert result.columns == {"a": number, "b": number}


def test_rows_swapped_between_keys_are_found(info: ConnectionInfo) -> None:
    """Sums and xors over all rows stay the same when two rows change places."""
    twin_tables(info, "id int PRIMARY KEY, v text")
    run(info, "INSERT INTO live.t VALUES (1, 'x'), (2, 'y'), (3, 'z')")
    run(info, "INSERT INTO shadow.t VALUES (1, 'y'), (2, 'x'), (3, 'z')")
    assert named(diff(info)) == {("1",): ("changed", ("v",)), ("2",): ("changed", ("v",))}


def test_missing_rows_are_named_on_the_right_side(info: ConnectionInfo) -> None:
    twin_tables(info, "id int PRIMARY KEY, v text")
    run(info, "INSERT INTO live.t VALUES (1, NULL), (2, 'b')", "INSERT INTO shadow.t VALUES (2, 'b'), (7, NULL)")
    result = diff(info)
    assert named(result) == {("1",): ("missing_right", ()), ("7",): ("missing_left", ())}
    assert (result.rows_left, result.rows_right, result.missing_left, result.missing_right) == (2, 2, 1, 1)


@pytest.mark.parametrize(("live", "shadow", "kind"), [("3", "0", "missing_right"), ("0", "3", "missing_left")])
def test_one_side_empty(info: ConnectionInfo, live: str, shadow: str, kind: str) -> None:
    twin_tables(info, "id int PRIMARY KEY")
    run(info, f"INSERT INTO live.t SELECT generate_series(1, {live})")
    run(info, f"INSERT INTO shadow.t SELECT generate_series(1, {shadow})")
    assert {d.kind for d in diff(info).differences} == {kind}


def test_both_sides_empty_are_equal(info: ConnectionInfo) -> None:
    twin_tables(info, "id int PRIMARY KEY, v text")
    assert diff(info).ok


def test_stored_in_two_ways_but_the_same_value(info: ConnectionInfo) -> None:
    """Compressed, out of line, plain, and after an added column: the bytes on disk differ, the rows do not."""
    twin_tables(info, "id int PRIMARY KEY, doc text, list int[], js jsonb")
    run(info, "ALTER TABLE shadow.t ALTER doc SET STORAGE EXTERNAL, ALTER js SET STORAGE EXTERNAL")
    for schema in ("live", "shadow"):
        run(
            info,
            f"INSERT INTO {schema}.t SELECT n, repeat('xy' || n, n * 500), array_fill(n, ARRAY[n]), "
            f"jsonb_build_object('k', repeat('z', n * 900)) FROM generate_series(1, 40) AS n",
        )
    run(info, "ALTER TABLE live.t ADD late int DEFAULT 5", "ALTER TABLE shadow.t ADD late int")
    run(info, "UPDATE shadow.t SET late = 5")
    # An array that once held a NULL keeps the room for it.
    run(info, "UPDATE shadow.t SET list[1] = NULL", "UPDATE shadow.t SET list[1] = id")
    assert diff(info).ok


def test_a_domain_compares_with_its_base_type(info: ConnectionInfo) -> None:
    run(info, *PREPARED)
    twin_tables(info, "id int PRIMARY KEY, v numeric", shadow="id int PRIMARY KEY, v cents")
    run(info, "INSERT INTO live.t VALUES (1, 1.5), (2, 1)", "INSERT INTO shadow.t VALUES (1, 1.5), (2, 2)")
    assert named(diff(info)) == {("2",): ("changed", ("v",))}


def test_a_changed_type_compares_by_the_round_trip(info: ConnectionInfo) -> None:
    """int -> text, numeric(10,2) -> (10,1), text -> varchar: cast back, and what the cast lost is a difference."""
    old = "id int PRIMARY KEY, a int, b numeric(10,2), c text"
    twin_tables(info, old, shadow="id int PRIMARY KEY, a text, b numeric(10,1), c varchar(3)")
    run(info, "INSERT INTO live.t VALUES (1, 7, 1.20, 'abc'), (2, 8, 1.25, 'abc')")
    run(info, "INSERT INTO shadow.t VALUES (1, '7', 1.2, 'abc'), (2, '8', 1.3, 'abc')")
    columns = [
        ComparedColumn("a", sql.SQL("l.a"), sql.SQL("r.a::int")),
        ComparedColumn("b", sql.SQL("l.b"), sql.SQL("r.b::numeric(10,2)")),
        ComparedColumn("c", sql.SQL("l.c"), sql.SQL("r.c")),
    ]
    assert named(diff(info, columns=columns)) == {("2",): ("changed", ("b",))}


def test_expressions_may_hold_percent_signs_braces_and_subqueries(info: ConnectionInfo) -> None:
    twin_tables(info, "id int PRIMARY KEY, v text", shadow="id int PRIMARY KEY, v text, p jsonb")
    run(info, "INSERT INTO live.t VALUES (1, 'a%s'), (2, 'b')")
    run(info, """INSERT INTO shadow.t VALUES (1, 'a%s', '{"pct": true}'), (2, 'b', '{"pct": true}')""")
    left = sql.SQL("(SELECT jsonb_build_object('pct', l.v LIKE 'a%s%%'))")
    assert named(diff(info, columns=[ComparedColumn("p", left, sql.SQL("r.p"))])) == {("2",): ("changed", ("p",))}


def test_types_that_do_not_compare_are_refused_by_name(info: ConnectionInfo) -> None:
    twin_tables(info, "id int PRIMARY KEY, v int", shadow="id int PRIMARY KEY, v numeric")
    with pytest.raises(DiffImpossible, match=r"column 'v' .* int4 on one side, numeric on the other") as caught:
        diff(info)
    assert "cast" in (caught.value.fix or "")


def test_eight_hundred_columns_are_compared_and_more_are_refused(info: ConnectionInfo) -> None:
    """The server joins no more than 1,664 columns; a detail row with three values a column would end at 554."""
    count = 1_000
    twin_tables(info, "id int PRIMARY KEY, " + ", ".join(f"c{n} numeric" for n in range(count)))
    for schema in ("live", "shadow"):
        run(info, f"INSERT INTO {schema}.t (id, c0) VALUES (1, 1), (2, 1)")
    run(info, "UPDATE shadow.t SET c799 = 3 WHERE id = 2")
    some = [ComparedColumn.same(f"c{n}") for n in range(800)]
    assert named(diff(info, columns=some)) == {("2",): ("changed", ("c799",))}
    with pytest.raises(DiffImpossible, match="1001 columns"):
        diff(info)
