"""Keys of every kind: types, collations, several columns, odd names, changed types; and keys that are none."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from psycopg import sql

from cutover.connections import ConnectionInfo
from cutover.postgres.connect import connect
from cutover.postgres.rowdiff import ComparedColumn, DiffImpossible, KeyHasNulls, KeyNotUnique, Side, diff_tables
from cutover.postgres.rowdiff.chunks import ChunkPlanner
from cutover.postgres.rowdiff.keys import Pairing
from cutover.postgres.rowdiff.types import SqlType
from localstack.cluster import Cluster
from support.debian15 import debian15
from support.rowdiffing import LIVE, SHADOW, diff, named, run, twin_tables

N = 300

# type of the key, expression that makes the key of row n
KEYS = [
    ("int", "n - 150"),
    ("smallint", "n"),
    ("bigint", "n * 4000000000"),
    ("uuid", "md5(n::text)::uuid"),
    ("text", "md5(n::text)"),
    ("text", "chr(32 + n) || chr(4000 + n)"),
    ("text", "CASE n WHEN 7 THEN '' WHEN 8 THEN '''\"\\{},' ELSE n || '%s' END"),
    ('text COLLATE "C"', "chr(32 + n)"),
    ("varchar(40)", "'v' || n"),
    ("char(5)", "n || ''"),
    (
        "timestamptz",
        "CASE n WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity' ELSE 'epoch'::timestamptz + n * interval '1 us' END",
    ),
    ("timestamp", "'2024-03-31 00:00'::timestamp + n * interval '10 minutes'"),
    ("date", "CASE n WHEN 3 THEN '4713-01-01 BC' ELSE '2024-01-01'::date + n END"),
    ("numeric", "CASE n WHEN 9 THEN 'NaN'::numeric ELSE n / 7.0 END"),
    ("float8", "CASE n WHEN 9 THEN 'NaN'::float8 WHEN 8 THEN '-Infinity' ELSE n / 7.0::float8 END"),
    ("bytea", "decode(md5(n::text), 'hex')"),
    ("inet", "('10.0.' || n % 4 || '.' || n / 4)::inet"),
    ("interval", "n * interval '1 hour'"),
    ("int[]", "ARRAY[n % 3, n]"),
    ("int4range", "int4range(n, n + 5)"),
    ('"char"', '(n % 120)::int::"char"'),
    ("public.spot", "ROW(n % 3, n || '')::public.spot"),
    ("public.color", "(ARRAY['red','green','blue'])[n]::public.color"),
]
LIMITS = {'"char"': 119, "public.color": 3, "smallint": N}


@pytest.fixture(scope="module", params=["pg16", "pg18"])
def server_database(request: pytest.FixtureRequest) -> Iterator[ConnectionInfo]:
    server: Cluster = request.getfixturevalue(request.param)
    info = server.create_database("diff_keys")
    run(info, "CREATE TYPE spot AS (x int, y text)", "CREATE TYPE color AS ENUM ('blue', 'red', 'green')")
    yield info
    server.drop_database("diff_keys")


@pytest.fixture
def info(server_database: ConnectionInfo) -> ConnectionInfo:
    run(server_database, "DROP SCHEMA IF EXISTS live, shadow CASCADE")
    return server_database


@pytest.mark.parametrize(("kind", "value"), KEYS, ids=[f"{n}-{kind}" for n, (kind, _) in enumerate(KEYS)])
@pytest.mark.parametrize("chunk_rows", [1, 7])
def test_key_types_in_chunks_of_any_size(info: ConnectionInfo, kind: str, value: str, chunk_rows: int) -> None:
    """Every row is looked at exactly once, and the three faults are found wherever chunks begin and end."""
    count = LIMITS.get(kind, N) if chunk_rows > 1 else min(LIMITS.get(kind, N), 25)
    twin_tables(info, f"id {kind} PRIMARY KEY, n int, v int")
    for schema in ("live", "shadow"):
        run(info, f"INSERT INTO {schema}.t SELECT {value}, n, 0 FROM generate_series(1, {count}) AS n")
    clean = diff(info, chunk_rows=chunk_rows)
    assert (clean.ok, clean.rows_left, clean.rows_right) == (True, count, count)
    run(
        info,
        "UPDATE shadow.t SET v = 1 WHERE n = 1",
        "DELETE FROM shadow.t WHERE n = 2",
        "DELETE FROM live.t WHERE n = 3",
    )
    found = diff(info, chunk_rows=chunk_rows)
    with connect(info) as db:
        texts = dict(db.execute("SELECT n, id::text FROM (TABLE live.t UNION TABLE shadow.t) AS t").fetchall())
    assert named(found) == {
        (texts[1],): ("changed", ("v",)),
        (texts[2],): ("missing_right", ()),
        (texts[3],): ("missing_left", ()),
    }
    assert (found.rows_left, found.rows_right) == (count - 1, count - 1)


@pytest.mark.parametrize("chunk_rows", [1, 3, 10, 1000])
def test_composite_key(info: ConnectionInfo, chunk_rows: int) -> None:
    twin_tables(info, "a int, b text, c timestamptz, v int, PRIMARY KEY (a, b, c)")
    for schema in ("live", "shadow"):
        run(
            info,
            f"INSERT INTO {schema}.t SELECT n % 3, 'k' || n % 5, 'epoch'::timestamptz + n * interval '1 s', n "
            "FROM generate_series(1, 60) AS n",
        )
    run(
        info,
        "UPDATE shadow.t SET v = -1 WHERE v = 31",
        "DELETE FROM live.t WHERE v = 32",
        "DELETE FROM shadow.t WHERE v = 33",
    )
    result = diff(info, key=("a", "b", "c"), chunk_rows=chunk_rows)
    assert named(result) == {
        ("1", "k1", "1970-01-01 00:00:31+00"): ("changed", ("v",)),
        ("2", "k2", "1970-01-01 00:00:32+00"): ("missing_left", ()),
        ("0", "k3", "1970-01-01 00:00:33+00"): ("missing_right", ()),
    }
    assert list(result.differences[0].key) == ["a", "b", "c"]


def test_names_with_quotes_capitals_and_percent(info: ConnectionInfo) -> None:
    run(info, 'CREATE SCHEMA "Li ve"', 'CREATE SCHEMA "sha""dow"')
    columns = '"Id" int, "select" text, "per%scent" int, "{brace}" int, "l" int, "k1" int, "kind" int'
    columns += ', PRIMARY KEY ("Id", "select")'
    run(info, f'CREATE TABLE "Li ve"."T%t" ({columns})', f'CREATE TABLE "sha""dow"."{{T}}" ({columns})')
    run(info, """INSERT INTO "Li ve"."T%t" VALUES (1, 'a', 1, 1, 1, 1, 1), (2, 'b', 1, 1, 1, 1, 1)""")
    run(info, """INSERT INTO "sha""dow"."{T}" VALUES (1, 'a', 1, 1, 1, 1, 1), (2, 'b', 2, 3, 4, 5, 6)""")
    compared = [ComparedColumn.same(name) for name in ("per%scent", "{brace}", "l", "k1", "kind")]
    left, right = sql.Identifier("Li ve", "T%t"), sql.Identifier('sha"dow', "{T}")
    key = ("Id", "select")
    result = diff_tables(lambda: connect(info), Side(left, key), Side(right, key), compared)
    assert named(result) == {("2", "b"): ("changed", ("per%scent", "{brace}", "l", "k1", "kind"))}
    run(info, 'DROP SCHEMA "Li ve", "sha""dow" CASCADE')


def test_a_renamed_key_is_named_as_on_the_left(info: ConnectionInfo) -> None:
    twin_tables(info, "id int PRIMARY KEY, v int", shadow="lead_id int PRIMARY KEY, v int")
    run(info, "INSERT INTO live.t VALUES (1, 1), (2, 2)", "INSERT INTO shadow.t VALUES (1, 1), (2, 3)")
    result = diff(info, columns=[ComparedColumn.same("v")], right_key=("lead_id",))
    assert [dict(d.key) for d in result.differences] == [{"id": "2"}]


@pytest.mark.parametrize("chunk_rows", [3, 1000])
@pytest.mark.parametrize(
    ("left", "right"),
    list(itertools.permutations(["int", "bigint", "text", "numeric", "varchar(9)"], 2)),
    ids="->".join,
)
def test_a_key_whose_type_changed(info: ConnectionInfo, left: str, right: str, chunk_rows: int) -> None:
    """int -> bigint keeps its order; int -> text does not, and is compared by text without any order."""
    twin_tables(info, f"id {left} PRIMARY KEY, v int", shadow=f"id {right} PRIMARY KEY, v int")
    run(info, f"INSERT INTO live.t SELECT n::{left}, n FROM generate_series(1, 50) AS n WHERE n <> 9")
    run(info, f"INSERT INTO shadow.t SELECT n::{right}, n FROM generate_series(1, 50) AS n WHERE n <> 10")
    run(info, "UPDATE shadow.t SET v = 0 WHERE v = 30")
    columns = [ComparedColumn.same("v")]
    found = named(diff(info, columns=columns, chunk_rows=chunk_rows))
    assert found == {("9",): ("missing_left", ()), ("10",): ("missing_right", ()), ("30",): ("changed", ("v",))}


def test_a_key_beyond_the_other_sides_type(info: ConnectionInfo) -> None:
    twin_tables(info, "id bigint PRIMARY KEY", shadow="id int PRIMARY KEY")
    run(info, "INSERT INTO live.t VALUES (1), (5000000000), (6000000000)", "INSERT INTO shadow.t VALUES (1), (2)")
    result = diff(info, columns=[], chunk_rows=1)
    assert named(result) == {
        ("2",): ("missing_left", ()),
        ("5000000000",): ("missing_right", ()),
        ("6000000000",): ("missing_right", ()),
    }


@pytest.mark.parametrize("pair", [('COLLATE "C"', ""), ("", 'COLLATE "C"'), ('COLLATE "C"', 'COLLATE "ucs_basic"')])
def test_a_key_whose_collation_changed(info: ConnectionInfo, pair: tuple[str, str]) -> None:
    """Ranges of one order do not hold the same keys in another."""
    twin_tables(info, f"id text {pair[0]} PRIMARY KEY, v int", shadow=f"id text {pair[1]} PRIMARY KEY, v int")
    for schema in ("live", "shadow"):
        run(info, f"INSERT INTO {schema}.t SELECT w, 0 FROM unnest(ARRAY['a','B','b','A','_','é','Z','z']) AS w")
    assert diff(info, chunk_rows=2).ok
    run(info, "UPDATE shadow.t SET v = 1 WHERE id = 'Z'", "DELETE FROM live.t WHERE id = '_'")
    assert named(diff(info, chunk_rows=2)) == {("Z",): ("changed", ("v",)), ("_",): ("missing_left", ())}


@pytest.fixture(scope="module")
def with_icu() -> Iterator[ConnectionInfo]:
    for cluster in debian15():
        info = cluster.create_database("icu")
        run(
            info,
            "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
            "CREATE COLLATION german (provider = icu, locale = 'de-u-co-phonebk')",
        )
        yield info


WORDS = "ARRAY['a','B','c','_','é','Z','ä','ae','','-','z-1','z1']"


def test_a_nondeterministic_key(with_icu: ConnectionInfo) -> None:
    """'A' and 'a' are one key there, but not one text: the rows pair, and the key column differs."""
    info = with_icu
    run(info, "DROP SCHEMA IF EXISTS live, shadow CASCADE")
    twin_tables(info, "id text COLLATE public.loose PRIMARY KEY, v text COLLATE public.loose")
    for schema in ("live", "shadow"):
        run(info, f"INSERT INTO {schema}.t SELECT w, w FROM unnest({WORDS}) AS w")
    assert diff(info, chunk_rows=2).ok
    run(info, "UPDATE shadow.t SET id = 'A' WHERE id = 'a'", "UPDATE shadow.t SET v = 'b' WHERE id = 'B'")
    assert named(diff(info, chunk_rows=2)) == {("a",): ("changed", ("id",)), ("B",): ("changed", ("v",))}


@pytest.mark.parametrize("pair", [("german", "german"), ("german", "loose"), ("loose", "german")])
def test_linguistic_orders(with_icu: ConnectionInfo, pair: tuple[str, str]) -> None:
    info = with_icu
    run(info, "DROP SCHEMA IF EXISTS live, shadow CASCADE")
    left, right = (f"id text COLLATE public.{name} PRIMARY KEY, v int" for name in pair)
    twin_tables(info, left, shadow=right)
    for schema in ("live", "shadow"):
        run(info, f"INSERT INTO {schema}.t SELECT w, 0 FROM unnest({WORDS}) AS w")
    assert diff(info, chunk_rows=2).ok
    run(info, "UPDATE shadow.t SET v = 1 WHERE id = 'ä'", "DELETE FROM live.t WHERE id = 'z-1'")
    assert named(diff(info, chunk_rows=2)) == {("ä",): ("changed", ("v",)), ("z-1",): ("missing_left", ())}


def test_a_server_of_15_diffs_like_the_others(with_icu: ConnectionInfo) -> None:
    info = with_icu
    run(info, "DROP SCHEMA IF EXISTS live, shadow CASCADE")
    twin_tables(info, "id int PRIMARY KEY, v numeric")
    for schema in ("live", "shadow"):
        run(info, f"INSERT INTO {schema}.t SELECT n, n FROM generate_series(1, 5000) AS n")
    run(info, "UPDATE shadow.t SET v = 7.0 WHERE id = 7")
    assert named(diff(info)) == {("7",): ("changed", ("v",))}


def test_a_database_that_is_not_utf8(pg18: Cluster) -> None:
    run(pg18.info(), "CREATE DATABASE latin_keys ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    info = pg18.info(dbname="latin_keys")
    twin_tables(info, "id text PRIMARY KEY, v text")
    run(info, "INSERT INTO live.t VALUES ('é', repeat('ü', 500))", "INSERT INTO shadow.t VALUES ('é', 'ü')")
    assert named(diff(info)) == {("é",): ("changed", ("v",))}
    pg18.drop_database("latin_keys")


def test_a_key_with_nulls_is_refused(info: ConnectionInfo) -> None:
    """A row whose key is NULL is in no range: left out silently, it would be a lie."""
    twin_tables(info, "id int UNIQUE, v int")
    run(info, "INSERT INTO live.t VALUES (1, 1)", "INSERT INTO shadow.t VALUES (1, 1), (NULL, 2)")
    with pytest.raises(KeyHasNulls, match=r'"shadow"."t".* id hold NULL'):
        diff(info)
    run(info, "DELETE FROM shadow.t WHERE id IS NULL")
    assert diff(info).ok


def test_a_key_that_is_not_unique_is_refused(info: ConnectionInfo) -> None:
    """Pairing (1, a), (1, a) with (1, a) finds no difference, though a row is missing."""
    twin_tables(info, "id int NOT NULL, v text")
    run(info, "CREATE UNIQUE INDEX ON live.t (id) WHERE v = 'b'")
    run(info, "INSERT INTO live.t VALUES (1, 'a'), (1, 'a')", "INSERT INTO shadow.t VALUES (1, 'a')")
    with pytest.raises(KeyNotUnique, match=r'"live"."t".*\(id\) = \(1\) names 2 rows'):
        diff(info)
    run(info, "DELETE FROM live.t")
    assert [d.kind for d in diff(info).differences] == ["missing_left"]


def test_part_of_a_unique_key_is_no_key(info: ConnectionInfo) -> None:
    twin_tables(info, "a int, b int, PRIMARY KEY (a, b)")
    for schema in ("live", "shadow"):
        run(info, f"INSERT INTO {schema}.t VALUES (1, 1), (1, 2)")
    with pytest.raises(KeyNotUnique):
        diff(info, key=("a",))


def test_a_not_null_that_was_never_validated_guarantees_nothing(database: ConnectionInfo) -> None:
    twin_tables(database, "id int UNIQUE, v int")
    run(database, "INSERT INTO live.t VALUES (NULL, 1)")
    run(database, "ALTER TABLE live.t ADD CONSTRAINT nn NOT NULL id NOT VALID")
    with pytest.raises(KeyHasNulls):
        diff(database)


def test_sides_may_be_queries(info: ConnectionInfo) -> None:
    twin_tables(info, "id int PRIMARY KEY, v int")
    run(info, "INSERT INTO live.t VALUES (1, 1), (2, 2), (3, 3)", "INSERT INTO shadow.t VALUES (1, 1), (2, 9)")
    left = Side(sql.SQL("(SELECT * FROM live.t WHERE id < 3)"), ("id",))
    result = diff_tables(lambda: connect(info), left, Side(SHADOW, ("id",)), [ComparedColumn.same("v")])
    assert named(result) == {("2",): ("changed", ("v",))}


def test_a_query_may_vouch_for_its_key_and_name_it(info: ConnectionInfo) -> None:
    """A query has no catalog entry: its caller knows the primary key below it, and what people call it."""
    twin_tables(info, "id int PRIMARY KEY, v int")
    run(info, "INSERT INTO live.t VALUES (1, 1), (2, 2)", "INSERT INTO shadow.t VALUES (1, 1), (2, 9), (3, 3)")
    progress: list[tuple[int, int]] = []
    relation = "(SELECT id AS k1, v AS c1 FROM {}.t)"
    left = Side(sql.SQL(relation).format(sql.Identifier("live")), ("k1",), True, 5, ("id",))
    right = Side(sql.SQL(relation).format(sql.Identifier("shadow")), ("k1",), True, 5, ("id",))
    columns = [ComparedColumn("v", sql.SQL("l.c1"), sql.SQL("r.c1"))]
    result = diff_tables(lambda: connect(info), left, right, columns, progress=lambda *at: progress.append(at))
    assert [(d.kind, dict(d.key)) for d in result.differences] == [
        ("changed", {"id": "2"}),
        ("missing_left", {"id": "3"}),
    ]
    assert progress[-1] == (3, 5)


def test_a_key_that_does_not_survive_its_text_is_an_error_not_an_endless_loop(info: ConnectionInfo) -> None:
    """Read back as a date, a key is smaller than itself: the next range would begin with it again and again."""
    twin_tables(info, "id timestamptz PRIMARY KEY")
    run(info, "INSERT INTO live.t VALUES ('2024-01-01 00:00:01'), ('2024-01-01 00:00:02')")
    lossy = Pairing(Side(LIVE, ("id",)), Side(SHADOW, ("id",)), (SqlType(1082, "pg_catalog", "date"),), ordered=True)
    planner = ChunkPlanner(lossy, 1)
    with connect(info) as db:
        assert planner.next(db) is not None
        with pytest.raises(DiffImpossible, match="does not come back from its text form"):
            planner.next(db)


def test_keys_of_different_length_are_refused(info: ConnectionInfo) -> None:
    twin_tables(info, "id int PRIMARY KEY, v int")
    for left, right in ((("id", "v"), ("id",)), ((), ())):
        with pytest.raises(DiffImpossible, match="column"):
            diff_tables(lambda: connect(info), Side(LIVE, left), Side(SHADOW, right), [])
