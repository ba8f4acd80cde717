"""Both sides compared while writes go on, and frozen: every difference is found, nothing that is on its way is one."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import IsolationLevel

from cutover.context import RunContext
from cutover.postgres.blue_green import compare, moment, subscription
from cutover.postgres.blue_green.compare import Compared
from cutover.postgres.blue_green.sight import NotFollowing, Sight
from cutover.postgres.blue_green.tables import TableMap
from support.pair_hand import link, plain, unlink
from support.pair_world import PairWorld, caught_up

BLUE = """
CREATE TABLE item (id int PRIMARY KEY, name text, price numeric(12, 4), legacy boolean, gone text);
CREATE TABLE "Odd ""name" ("the key" text PRIMARY KEY, k1 int, c1 int);
CREATE TABLE heap (a int, b text); ALTER TABLE heap REPLICA IDENTITY FULL;
CREATE TABLE aside (a int)
"""
GREEN = """
CREATE TYPE colour AS ENUM ('red', 'blue');
CREATE TABLE item (name text, id bigint PRIMARY KEY, price numeric(12, 2), prefs jsonb, twice int GENERATED ALWAYS AS
    (id * 2) STORED);
CREATE TABLE "Odd ""name" ("the key" text PRIMARY KEY, k1 int, c1 int);
CREATE TABLE heap (a int, b colour);
CREATE TABLE aside (a int)
"""
TABLES = [
    TableMap(
        "public",
        "item",
        key=("id",),
        columns=("id", "name", "price", "legacy", "gone"),
        shared=("id", "name", "price"),
        forward={"prefs": "jsonb_build_object('legacy', legacy) -- as it was"},
        back={"legacy": "(prefs ->> 'legacy')::boolean"},
        types={"id": "bigint", "name": "text", "price": "numeric(12,2)", "prefs": "jsonb"},
    ),
    plain('Odd "name', "the key", "k1", "c1", key=("the key",)),
    plain("heap", "a", "b", key=(), identity="full"),
    plain("aside", "a", key=(), identity="none", followed=False),
]
ROWS = """
INSERT INTO item SELECT n, 'item ' || n, n + 0.00{digit}, n % 2 = 0, 'x' FROM generate_series(1, 3000) n;
INSERT INTO "Odd ""name" SELECT md5(n::text), n, -n FROM generate_series(1, 500) n;
INSERT INTO heap SELECT n % 10, CASE WHEN n % 2 = 0 THEN 'red' ELSE 'blue' END FROM generate_series(1, 400) n;
INSERT INTO aside SELECT 1
"""
FOLLOWED = """
INSERT INTO item (id, name, price, prefs) SELECT n, 'item ' || n, n, jsonb_build_object('legacy', n % 2 = 0)
    FROM generate_series(1, 3000) n;
INSERT INTO "Odd ""name" SELECT md5(n::text), n, -n FROM generate_series(1, 500) n;
INSERT INTO heap SELECT n % 10, CASE WHEN n % 2 = 0 THEN 'red' ELSE 'blue' END::colour FROM generate_series(1, 400) n
"""
Linked = tuple[PairWorld, RunContext, Sight]


@pytest.fixture
def linked(pair: PairWorld) -> Iterator[Linked]:
    pair.blue("DROP TABLE IF EXISTS orders CASCADE")
    pair.blue(BLUE + ROWS.replace("INSERT", ";INSERT", 1).replace("{digit}", "1"))
    pair.green(GREEN)
    # As the run's own copy does it: with the fence up, only the replica role writes.
    pair.green("SET session_replication_role = replica; " + FOLLOWED)
    ctx = pair.begin(pair.spec())
    ends = link(pair, ctx, TABLES[:2] + TABLES[2:])
    pair.green(
        "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " new.prefs := jsonb_build_object('legacy', coalesce(new.name, '') like '%yes'); RETURN new; END $$;"
        "CREATE TRIGGER f BEFORE INSERT OR UPDATE ON item FOR EACH ROW EXECUTE FUNCTION fill();"
        "ALTER TABLE item ENABLE REPLICA TRIGGER f"
    )
    caught_up(ctx)
    yield pair, ctx, Sight(ctx, ends, "blue")
    unlink(ends)


def judged(sight: Sight, name: str) -> Compared:
    (of,) = compare.gather(sight, [table for table in TABLES if table.table == name])
    return compare.compare(sight, of)


def verdicts(found: Compared) -> dict[str, bool]:
    return {check.code: check.ok for check in found.checks}


def replica(pair: PairWorld, statement: str) -> None:
    """Change green behind everybody's back."""
    pair.green("SET session_replication_role = replica; ALTER TABLE item DISABLE TRIGGER f; " + statement)


def test_equal_sides_with_changed_types_and_computed_columns(linked: Linked) -> None:
    _, _, sight = linked
    for name in ("item", 'Odd "name'):
        found = verdicts(judged(sight, name))
        assert found.pop("WAY_BACK_VALUES", True) and found == {"ROW_COUNT": True, "ROW_DIFF": True}, name
    (check,) = judged(sight, "heap").checks
    assert check.code == "ROW_MULTISET" and check.ok and check.figures["same_moment"]
    assert "400 rows on both sides" in check.summary and "not which rows" in check.summary
    aside = compare.not_compared(TABLES[3])
    assert aside is not None and not aside.ok and not aside.blocks and "not on green" in aside.summary
    assert compare.not_compared(TableMap("public", "parent", kind="p", followed=False)) is None
    dropped = compare.not_compared(TableMap("public", "old", on_green=False))
    assert dropped is not None and dropped.ok


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ("UPDATE item SET name = 'Item 7' WHERE id = 7", "name"),
        ("UPDATE item SET name = NULL WHERE id = 7", "name"),
        ("UPDATE item SET price = 7.01 WHERE id = 7", "price"),
        ("UPDATE item SET prefs = '{\"legacy\": true}' WHERE id = 7", "prefs"),
    ],
)
def test_a_changed_row_is_named_with_its_column(linked: Linked, change: str, column: str) -> None:
    pair, _, sight = linked
    replica(pair, change)
    found = judged(sight, "item")
    assert verdicts(found).items() >= {"ROW_COUNT": True, "ROW_DIFF": False}.items()
    assert found.diff is not None and found.differing == found.diff.changed == 1
    (one,) = found.diff.differences
    assert one.key == {"id": "7"} and column in {c.name for c in one.columns}


def test_a_way_back_that_loses_values_is_a_warning(linked: Linked) -> None:
    pair, ctx, sight = linked
    replica(pair, "UPDATE item SET prefs = '{}' WHERE id <= 7")
    found = back(ctx, sight)
    assert found.differing == 0, "what green's application writes there is its own"
    (warning,) = [check for check in found.checks if not check.ok]
    assert warning.code == "WAY_BACK_VALUES" and not warning.blocks
    assert "7 rows would get another value in legacy on blue" in warning.summary


def test_lost_and_foreign_rows_break_the_count(linked: Linked) -> None:
    pair, _, sight = linked
    replica(pair, "DELETE FROM item WHERE id = 7; INSERT INTO item (id, name) VALUES (9999, 'from nowhere')")
    found = judged(sight, "item")
    assert verdicts(found) == {"ROW_COUNT": False, "ROW_DIFF": False, "WAY_BACK_VALUES": True}
    assert "1 missing on green, 1 only on green" in found.checks[0].summary, "equal totals do not hide it"
    (of,) = compare.gather(sight, TABLES[:1])
    keys_only = compare.compare(sight, of, rows=False)
    assert verdicts(keys_only) == {"ROW_COUNT": False} and keys_only.diff is None


def test_a_table_without_key_differs_as_a_whole(linked: Linked) -> None:
    pair, _, sight = linked
    pair.green("SET session_replication_role = replica; UPDATE heap SET b = 'red' WHERE ctid = (SELECT min(ctid) FROM"
               " heap WHERE b = 'blue')")  # fmt: skip
    (check,) = judged(sight, "heap").checks
    assert check.blocks and "400 rows on both sides, but not the same ones" in check.summary
    pair.green("SET session_replication_role = replica; DELETE FROM heap WHERE ctid = (SELECT min(ctid) FROM heap)")
    (check,) = judged(sight, "heap").checks
    assert check.blocks and "400 rows on blue against 399 on green" in check.summary


def test_a_table_that_is_gone_is_a_verdict_not_a_crash(linked: Linked) -> None:
    pair, _, sight = linked
    pair.green("DROP TABLE heap")
    (check,) = judged(sight, "heap").checks
    assert check.blocks and check.summary == "green has no such table"


def writing(pair: PairWorld, stop: threading.Event) -> None:
    """Insert, change and delete all the time, until told to stop."""
    with psycopg.connect(pair.blue_info.conninfo(), autocommit=True) as db:
        number = 10_000
        while not stop.is_set():
            number += 1
            db.execute("INSERT INTO item (id, name, price, legacy) VALUES (%s, 'n', 1, false)", (number,))
            db.execute("UPDATE item SET name = name || '.' WHERE id IN (%s, 1)", (number - 5,))
            db.execute("DELETE FROM item WHERE id = %s", (number - 10,))
            db.execute("INSERT INTO heap VALUES (%s, 'red')", (number,))
            db.execute("DELETE FROM heap WHERE a = %s", (number - 3,))


@pytest.fixture
def busy(linked: Linked) -> Iterator[None]:
    stop = threading.Event()
    threads = [threading.Thread(target=writing, args=(linked[0], stop))]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()


def test_under_writes_nothing_that_is_on_its_way_differs(linked: Linked, busy: None) -> None:
    pair, ctx, sight = linked
    # Rows written by now are not what `legacy` makes of them: the test's own trigger computes something simpler.
    pair.blue("UPDATE item SET legacy = false")
    caught_up(ctx)
    for _ in range(3):
        found = judged(sight, "item")
        assert found.checks[0].ok and found.diff is not None and found.diff.ok, found.checks
        (check,) = judged(sight, "heap").checks
        assert check.ok and check.figures["same_moment"], check


def test_under_writes_a_real_difference_is_still_found(linked: Linked, busy: None) -> None:
    pair, ctx, sight = linked
    pair.blue("UPDATE item SET legacy = false")
    caught_up(ctx)
    pair.green("SET session_replication_role = replica; UPDATE item SET name = 'other' WHERE id = 2000")
    found = judged(sight, "item")
    assert found.diff is not None and found.diff.changed == 1 and found.diff.differences[0].key == {"id": "2000"}


def test_a_long_transaction_keeps_the_common_moment_away_but_not_the_verdict(
    linked: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moment, "ATTEMPTS", 2)
    pair, _, sight = linked
    with psycopg.connect(pair.blue_info.conninfo()) as db:
        db.execute("INSERT INTO heap VALUES (1, 'red')")
        with moment.common(sight, [TABLES[2].identifier]) as now:
            assert not now.exact and "no lock within" in now.why and "pid" in now.why
        (check,) = judged(sight, "heap").checks
        assert check.ok and not check.figures["same_moment"]
        db.rollback()
    with moment.common(sight, [TABLES[2].identifier]) as now:
        assert now.exact


def test_a_side_that_does_not_follow_cannot_be_settled(linked: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, sight = linked
    monkeypatch.setattr("cutover.postgres.blue_green.sight.PATIENCE", 0.5)
    with sight.ends.open("green", "test") as db:
        subscription.set_enabled(db, sight.ends.names, "blue", False)
        db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_subscription WHERE pid IS NOT NULL")
    with pytest.raises(NotFollowing, match="disabled"):
        sight.settle()


def frozen(db: psycopg.Connection[object]) -> None:
    db.autocommit = False
    db.isolation_level, db.read_only = IsolationLevel.REPEATABLE_READ, True
    db.execute("SELECT 1")


def test_two_frozen_states_are_compared_whatever_is_written_later(linked: Linked) -> None:
    pair, ctx, sight = linked
    with sight.ends.open("blue", "test") as blue, sight.ends.open("green", "test") as green:
        frozen(blue)
        frozen(green)
        pair.blue("DELETE FROM item; DELETE FROM heap")
        caught_up(ctx)
        pair.green("SET session_replication_role = replica; INSERT INTO item (id) VALUES (-1)")
        found = compare.exact(ctx, blue, green, TABLES, origin="blue")
        assert [one.differing for one in found] == [0, 0, 0]
        assert found[0].diff is not None and found[0].diff.rows_left == found[0].diff.rows_right == 3000
        assert all(check.ok for one in found for check in one.checks)
        blue.rollback()
        green.rollback()
        frozen(blue)
        frozen(green)
        now = compare.exact(ctx, blue, green, TABLES, origin="blue")
        assert [one.differing for one in now] == [1, 0, 0]


def test_once_green_is_live_its_own_values_count(linked: Linked) -> None:
    """``prefs`` is the application's then; blue's ``legacy`` must still be what the way back makes of it."""
    pair, ctx, sight = linked
    with sight.ends.open("green", "test") as db:
        subscription.set_enabled(db, sight.ends.names, "blue", False)
    replica(pair, "UPDATE item SET prefs = prefs || '{\"new\": 1}'")
    assert back(ctx, sight).differing == 0, "what green had to round, blue still has"
    pair.blue("UPDATE item SET price = 3.1 WHERE id = 8")
    found = back(ctx, sight).diff
    assert found is not None and {one.key["id"] for one in found.differences} == {"8"}
    assert found.columns == {"price": 1}


def back(ctx: RunContext, sight: Sight) -> Compared:
    """Compare items as they are, with green live."""
    with sight.ends.open("blue", "test") as blue, sight.ends.open("green", "test") as green:
        frozen(blue)
        frozen(green)
        (found,) = compare.exact(ctx, blue, green, TABLES[:1], origin="green")
    return found
