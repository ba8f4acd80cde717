"""Two databases, two versions, two collations: the same traps, and rows that are on their way between them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from psycopg import sql

from cutover.connections import ConnectionInfo
from cutover.context import CancelToken
from cutover.errors import Cancelled
from cutover.postgres.connect import connect
from cutover.postgres.rowdiff import ComparedColumn, DiffImpossible, KeyNotUnique, RowDiff, Side, diff_across
from cutover.postgres.rowdiff.merge import Suspect, suspects
from engine.test_rowdiff_keys import KEYS, LIMITS
from engine.test_rowdiff_traps import DIFFERENT, PREPARED
from localstack.cluster import Cluster
from support.debian15 import debian15
from support.rowdiffing import column_names, named, run

Pair = tuple[ConnectionInfo, ConnectionInfo]
TABLE = sql.Identifier("live", "t")


@pytest.fixture(scope="module")
def databases(pg16: Cluster, pg18: Cluster) -> Iterator[Pair]:
    yield pg16.create_database("across"), pg18.create_database("across")
    pg16.drop_database("across")
    pg18.drop_database("across")


@pytest.fixture
def pair(databases: Pair) -> Pair:
    """Blue on 16, green on 18, both empty."""
    both(databases, "DROP SCHEMA IF EXISTS live CASCADE", "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return databases


def both(pair: Pair, *statements: str) -> None:
    for info in pair:
        run(info, *statements)


def tables(pair: Pair, columns: str, *, green: str | None = None) -> None:
    both(pair, "CREATE SCHEMA live")
    run(pair[0], f"CREATE TABLE live.t ({columns})")
    run(pair[1], f"CREATE TABLE live.t ({green or columns})")


def diff(pair: Pair, key: tuple[str, ...] = ("id",), **options: Any) -> RowDiff:
    blue, green = pair
    with connect(blue) as db:
        columns = [ComparedColumn.same(name) for name in column_names(db)]
    side = Side(TABLE, key)
    return diff_across(lambda: connect(blue), lambda: connect(green), side, side, **{"columns": columns, **options})


def test_every_trap_between_two_versions(pair: Pair) -> None:
    """16 and 18 print every value alike, so equal rows hash alike, and each different one is found in its column."""
    both(pair, *PREPARED)
    tables(pair, "id int PRIMARY KEY, " + ", ".join(f"c{n} {kind}" for n, (kind, _, _) in enumerate(DIFFERENT)))
    ones = ", ".join(one for _, one, _ in DIFFERENT)
    others = ", ".join(other for _, _, other in DIFFERENT)
    run(pair[0], f"INSERT INTO live.t VALUES (1, {ones}), (2, {ones}), (3, {others})")
    run(pair[1], f"INSERT INTO live.t VALUES (1, {others}), (2, {ones}), (3, {others})")
    result = diff(pair)
    wrong = tuple(f"c{n}" for n in range(len(DIFFERENT)))
    assert named(result) == {("1",): ("changed", wrong)}
    assert result.columns == dict.fromkeys(wrong, 1)


@pytest.mark.parametrize(("kind", "value"), KEYS, ids=[f"{n}-{kind}" for n, (kind, _) in enumerate(KEYS)])
def test_key_types(pair: Pair, kind: str, value: str) -> None:
    both(pair, "CREATE TYPE spot AS (x int, y text)", "CREATE TYPE color AS ENUM ('blue', 'red', 'green')")
    tables(pair, f"id {kind} PRIMARY KEY, n int, v int")
    count = min(100, LIMITS.get(kind, 100))
    both(pair, f"INSERT INTO live.t SELECT {value}, n, 0 FROM generate_series(1, {count}) AS n")
    clean = diff(pair, chunk_rows=7)
    assert (clean.ok, clean.rows_left, clean.rows_right) == (True, count, count)
    run(pair[1], "UPDATE live.t SET v = 1 WHERE n = 1", "DELETE FROM live.t WHERE n = 2")
    run(pair[0], "DELETE FROM live.t WHERE n = 3")
    found = diff(pair, chunk_rows=7)
    assert {(d.kind, tuple(c.name for c in d.columns)) for d in found.differences} == {
        ("changed", ("v",)),
        ("missing_right", ()),
        ("missing_left", ()),
    }
    assert found.total == 3


@pytest.mark.parametrize("chunk_rows", [2, 1000])
def test_text_keys_that_the_sides_order_differently(pair: Pair, chunk_rows: int) -> None:
    """Ranges of one order do not hold the same keys in the other: there, only bytes are an order."""
    tables(
        pair,
        'a text COLLATE "C", b text, v int, PRIMARY KEY (a, b)',
        green='a text COLLATE "pg_c_utf8", b varchar COLLATE "POSIX", v int, PRIMARY KEY (a, b)',
    )
    words = "ARRAY['a','B','b','A','_','é','Z','z','','-',' ','ä','ae']"
    both(pair, f"INSERT INTO live.t SELECT x, y, 0 FROM unnest({words}) AS x, unnest({words}) AS y")
    assert diff(pair, key=("a", "b"), chunk_rows=chunk_rows).ok
    run(pair[1], "UPDATE live.t SET v = 1 WHERE a = 'é' AND b = '_'")
    run(pair[0], "DELETE FROM live.t WHERE a = 'Z' AND b = ''")
    assert named(diff(pair, key=("a", "b"), chunk_rows=chunk_rows)) == {
        ("é", "_"): ("changed", ("v",)),
        ("Z", ""): ("missing_left", ()),
    }


def test_from_15_with_a_linguistic_collation(pg18: Cluster) -> None:
    for cluster in debian15():
        blue, green = cluster.create_database("from15"), pg18.create_database("from15")
        run(blue, "CREATE COLLATION german (provider = icu, locale = 'de-u-co-phonebk')")
        pair = (blue, green)
        tables(pair, "id text COLLATE german PRIMARY KEY, v numeric", green="id text PRIMARY KEY, v numeric")
        both(pair, "INSERT INTO live.t SELECT w, 1.0 FROM unnest(ARRAY['a','B','ä','ae','Z','z','_','é']) AS w")
        assert diff(pair, chunk_rows=2).ok
        run(green, "UPDATE live.t SET v = 1.00 WHERE id = 'ä'")
        assert named(diff(pair, chunk_rows=2)) == {("ä",): ("changed", ("v",))}
        pg18.drop_database("from15")


def test_changed_types_and_names(pair: Pair) -> None:
    tables(pair, "id int PRIMARY KEY, v numeric(10,2)", green="lead_id bigint PRIMARY KEY, v numeric(10,1)")
    run(pair[0], "INSERT INTO live.t VALUES (1, 1.20), (2, 1.25), (3, 1.00)")
    run(pair[1], "INSERT INTO live.t VALUES (1, 1.2), (2, 1.3), (3000000000, 1)")
    blue, green = pair
    result = diff_across(
        lambda: connect(blue),
        lambda: connect(green),
        Side(TABLE, ("id",)),
        Side(TABLE, ("lead_id",)),
        [ComparedColumn("v", sql.SQL("l.v"), sql.SQL("r.v::numeric(10,2)"))],
        chunk_rows=1,
    )
    assert named(result) == {
        ("2",): ("changed", ("v",)),
        ("3",): ("missing_right", ()),
        ("3000000000",): ("missing_left", ()),
    }
    assert [(c.left, c.right) for c in result.differences[0].columns] == [("1.25", "1.30")]


def test_many_differences_are_counted_exactly(pair: Pair) -> None:
    tables(pair, "id int PRIMARY KEY, v text")
    both(pair, "INSERT INTO live.t SELECT g, g FROM generate_series(1, 20000) AS g")
    run(pair[1], "UPDATE live.t SET v = NULL WHERE id % 2 = 0", "DELETE FROM live.t WHERE id % 10 = 1")
    for settle in (None, lambda: None):
        result = diff(pair, chunk_rows=3000, limit=7, settle=settle)
        assert (result.changed, result.missing_right, result.missing_left) == (10_000, 2_000, 0)
        assert (len(result.differences), result.undecided, result.columns) == (7, 0, {})
        assert result.rows_left == 20_000


def test_a_key_that_is_none_is_refused_on_either_side(pair: Pair) -> None:
    tables(pair, "id int PRIMARY KEY, v int", green="id int NOT NULL, v int")
    run(pair[0], "INSERT INTO live.t VALUES (1, 1)")
    run(pair[1], "INSERT INTO live.t VALUES (1, 1), (1, 1)")
    with pytest.raises(KeyNotUnique):
        diff(pair)


def test_databases_that_hash_differently_are_refused(pg16: Cluster, pg18: Cluster) -> None:
    blue = pg16.create_database("plain")
    run(pg18.info(), "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    green = pg18.info(dbname="latin")
    tables((blue, green), "id int PRIMARY KEY")
    with pytest.raises(DiffImpossible, match="hash texts differently"):
        diff((blue, green))
    pg16.drop_database("plain")
    pg18.drop_database("latin")


# -- rows that are on their way -------------------------------------------------------------------


@pytest.fixture
def followed(pair: Pair) -> Pair:
    tables(pair, "id int PRIMARY KEY, v int")
    both(pair, "INSERT INTO live.t SELECT g, 0 FROM generate_series(1, 3000) AS g")
    return pair


def caught_up(pair: Pair) -> Callable[[], None]:
    """Return a settle that brings green to what blue is now, as a subscription would."""

    def settle() -> None:
        with connect(pair[0]) as blue, connect(pair[1]) as green:
            rows = blue.execute("SELECT id, v FROM live.t").fetchall()
            with green.transaction():
                green.execute("DELETE FROM live.t")
                with green.cursor() as cursor, cursor.copy("COPY live.t FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)

    return settle


def test_what_is_on_its_way_is_no_difference(followed: Pair) -> None:
    run(followed[0], "UPDATE live.t SET v = 1 WHERE id <= 2500", "DELETE FROM live.t WHERE id > 2990")
    result = diff(followed, settle=caught_up(followed), chunk_rows=1000)
    assert (result.ok, result.rows_left, result.looked_again) == (True, 2990, 2510)


@contextmanager
def busy(pair: Pair) -> Iterator[None]:
    """Update blue's rows all the time."""
    stop = threading.Event()

    def write() -> None:
        with connect(pair[0]) as db:
            while not stop.is_set():
                db.execute(
                    "UPDATE live.t SET v = v + 1 WHERE id IN (SELECT (random() * 2e3)::int FROM generate_series(1, 20))"
                )

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)


def test_real_differences_beside_writers(followed: Pair) -> None:
    """Rows of green are broken after every catching up: they stay broken, and are told from those that only lag."""
    catch_up = caught_up(followed)

    def settle() -> None:
        catch_up()
        run(followed[1], "UPDATE live.t SET v = -5 WHERE id = 2500", "DELETE FROM live.t WHERE id = 2600")

    settle()
    with busy(followed):
        result = diff(followed, settle=settle, chunk_rows=500, patience=5)
    assert named(result) == {("2500",): ("changed", ("v",)), ("2600",): ("missing_right", ())}


def test_a_row_that_changes_between_all_looks_is_undecided(followed: Pair) -> None:
    """Different at every look, and another difference each time: that is lag, as far as anybody can tell."""

    def settle() -> None:
        run(followed[0], "UPDATE live.t SET v = v + 1 WHERE id = 7")

    run(followed[0], "UPDATE live.t SET v = 1 WHERE id = 7")
    result = diff(followed, settle=settle, patience=0.3)
    assert (result.total, result.undecided, result.undecided_keys) == (0, 1, ({"id": "7"},))
    assert not result.ok


def test_an_operator_stops_it(followed: Pair) -> None:
    token = CancelToken()
    with pytest.raises(Cancelled):
        diff(
            followed,
            settle=token.cancel,
            chunk_rows=100,
            cancel=token,
            columns=[ComparedColumn("v", sql.SQL("l.v"), sql.SQL("r.v + 1"))],
        )


def test_merging_insists_on_its_order() -> None:
    good = [(("a",), 1), (("b",), 2), (("é",), 3)]
    other = [(("a",), 1), (("b",), 9), (("c",), 3)]
    assert list(suspects(good, other)) == [
        Suspect(("b",), 2, 9),
        Suspect(("c",), None, 3),
        Suspect(("é",), 3, None),
    ]
    for wrong in ([(("b",), 1), (("a",), 1)], [(("a",), 1), (("a",), 1)]):
        with pytest.raises(DiffImpossible, match="order"):
            list(suspects(wrong, []))
