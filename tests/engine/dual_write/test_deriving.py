"""One shape derived from the other: whatever is written, in whatever order, by however many at once."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutover.connections import ConnectionInfo
from cutover.journal.store import Journal
from cutover.postgres.dual_write import arming, filling, making, state
from cutover.postgres.dual_write.names import Names
from support.dual_world import SHAPES, DualWorld

NAMES = Names(1, "forward")
SOME = """
INSERT INTO admins SELECT n, n || '@example.org', 'admin ' || n FROM generate_series(1, 40) AS n;
INSERT INTO settings
    SELECT n, 's' || m, to_jsonb(n * m) FROM generate_series(1, 40, 2) AS n, generate_series(1, 3) AS m;
INSERT INTO sessions SELECT gen_random_uuid(), n, now() FROM generate_series(1, 40, 3) AS n;
INSERT INTO notices SELECT n, 1 + n % 40, 'notice ' || n FROM generate_series(1, 90) AS n;
"""


@pytest.fixture
def world(tmp_path: Path, database: ConnectionInfo, journal: Journal) -> DualWorld:
    return DualWorld(tmp_path, database, journal)


@contextmanager
def opened(world: DualWorld) -> Iterator[psycopg.Connection[Any]]:
    with world.ctx.source("test") as db:
        yield db


def begin(world: DualWorld, *, at_once: bool = True) -> None:
    with opened(world) as db:
        making.make(db, NAMES, SHAPES, at_once=at_once)
        arming.arm(world.ctx, db, NAMES, SHAPES)
        assert arming.armed(db, NAMES, SHAPES)


def fill(world: DualWorld, batch: int = 7) -> None:
    with opened(world) as db:
        for place, shape in enumerate(SHAPES, 1):
            filling.fill(world.ctx, db, NAMES, place, shape, batch=batch)


def end(world: DualWorld) -> None:
    with opened(world) as db:
        arming.disarm(world.ctx, db, NAMES, SHAPES)
        making.unmake(db, NAMES)
        state.forget(db, world.ctx.run_id)
    left = world.sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'cutover%'")
    left += world.sql("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'cutover%'")
    assert left == []


def test_history_and_what_is_written_meanwhile(world: DualWorld) -> None:
    world.sql(SOME)
    begin(world)
    world.sql("UPDATE admins SET name = NULL WHERE id = 3; DELETE FROM admins WHERE id = 5; TRUNCATE notices")
    fill(world)
    assert world.differing() == []
    world.sql(
        "INSERT INTO admins VALUES (100, 'new', 'one'); INSERT INTO settings VALUES (100, 'a', '1.0'), (100, 'b', '{}')"
    )
    world.sql("UPDATE settings SET value = '1.00' WHERE admin_id = 100 AND name = 'a'")
    world.sql("UPDATE admins SET id = 101 WHERE id = 4 AND NOT EXISTS (SELECT FROM settings WHERE admin_id = 4)"
              " AND NOT EXISTS (SELECT FROM sessions WHERE admin_id = 4)")  # fmt: skip
    world.sql("UPDATE sessions SET admin_id = 100 WHERE admin_id = 1")
    world.sql("INSERT INTO admins VALUES (100, 'other', 'x') ON CONFLICT (id) DO UPDATE SET email = excluded.email")
    assert world.differing() == []
    assert world.sql("SELECT email, settings::text, sessions FROM accounts WHERE id = 100") == [
        ("other", '{"a": 1.00, "b": {}}', 1)
    ]
    world.sql("DELETE FROM admins")
    assert world.sql("SELECT (SELECT count(*) FROM accounts) + (SELECT count(*) FROM messages)") == [(0,)]
    end(world)


def test_a_transaction_is_derived_as_a_whole_or_not_at_all(world: DualWorld) -> None:
    begin(world)
    with psycopg.connect(world.info.conninfo()) as db:
        db.execute("INSERT INTO admins VALUES (1, 'a', 'a')")
        with pytest.raises(ZeroDivisionError), db.transaction():
            db.execute("INSERT INTO settings VALUES (1, 'undone', '1')")
            raise ZeroDivisionError
        db.execute("INSERT INTO settings VALUES (1, 'kept', '2')")
        assert world.sql("SELECT id FROM accounts") == []
        db.commit()
        assert world.sql("SELECT settings::text FROM accounts") == [('{"kept": 2}',)]
        db.execute("DELETE FROM admins")
        db.rollback()
    assert world.differing() == []
    assert world.sql("SELECT count(*) FROM cutover_dual.touched_1_forward_1") == [(0,)]


def test_what_a_transaction_asks_to_see_early_it_sees_early(world: DualWorld) -> None:
    begin(world)
    with psycopg.connect(world.info.conninfo()) as db:
        db.execute("INSERT INTO admins VALUES (1, 'a', 'a')")
        db.execute("SET CONSTRAINTS ALL IMMEDIATE")
        row = db.execute("SELECT email FROM accounts").fetchone()
        assert row == ("a",)
        db.execute("INSERT INTO settings VALUES (1, 'x', '2')")
        db.commit()
    assert world.differing() == []


def test_a_statement_that_touches_many_rows(world: DualWorld) -> None:
    begin(world)
    world.sql("INSERT INTO admins SELECT n, n::text, 'x' FROM generate_series(1, 20000) AS n")
    world.sql("UPDATE admins SET name = 'y'")
    assert world.sql("SELECT count(*) FROM accounts WHERE name = 'y'") == [(20000,)]
    assert world.differing() == []


def test_two_who_write_parts_of_one_row_at_once(world: DualWorld) -> None:
    """Each sees only its own part when it begins; the one that comes second computes after the first has committed."""
    world.sql(SOME)
    begin(world)
    fill(world)
    for id in (1, 77):  # one that is there, one that is made
        world.sql("INSERT INTO admins VALUES (77, 'x', 'y') ON CONFLICT DO NOTHING; DELETE FROM accounts WHERE id = 77")
        with psycopg.connect(world.info.conninfo()) as one, psycopg.connect(world.info.conninfo()) as other:
            one.execute("INSERT INTO settings VALUES (%s, 'one', '1')", (id,))
            other.execute("INSERT INTO sessions VALUES (%s, %s, now())", (uuid.uuid4(), id))
            one.execute("SET CONSTRAINTS ALL IMMEDIATE")
            later = threading.Thread(target=other.commit)
            later.start()
            waits(world, other.info.backend_pid)
            one.commit()
            later.join()
        assert world.differing() == []
        world.sql("DELETE FROM settings WHERE name = 'one'")


def waits(world: DualWorld, pid: int) -> None:
    ends = time.monotonic() + 10
    while not world.sql("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", pid):
        assert time.monotonic() < ends, "nobody waits"
        time.sleep(0.01)


def test_in_repeatable_read_the_second_one_has_to_try_again(world: DualWorld) -> None:
    world.sql(SOME)
    begin(world)
    fill(world)
    with psycopg.connect(world.info.conninfo()) as one:
        one.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        one.execute("INSERT INTO settings VALUES (1, 'one', '1')")
        world.sql("INSERT INTO sessions VALUES (gen_random_uuid(), 1, now())")
        with pytest.raises(psycopg.errors.SerializationFailure):
            one.commit()
    assert world.differing() == []


def test_noted_keys_are_derived_by_whoever_drains(world: DualWorld) -> None:
    world.sql(SOME)
    begin(world, at_once=False)
    fill(world)
    world.sql("UPDATE admins SET name = 'later'; DELETE FROM sessions; TRUNCATE notices")
    assert world.differing() != []
    with opened(world) as db:
        drained = filling.drain(world.ctx, db, NAMES, SHAPES, batch=10, quiet=True)
    assert drained > 80
    assert world.differing() == []
    end(world)


KEYS = st.integers(1, 6)
PUT_ADMIN = "INSERT INTO admins VALUES (%s, %s, 'n') ON CONFLICT (id) DO UPDATE SET email = excluded.email"
PUT_SETTING = "INSERT INTO settings SELECT id, %s::text, '1' FROM admins WHERE id = %s ON CONFLICT DO NOTHING"
PUT_NOTICE = "INSERT INTO notices SELECT floor(random() * 1e9), id, %s FROM admins WHERE id = %s"
MOVE = "UPDATE notices SET admin_id = (SELECT min(id) FROM admins WHERE id >= %s) WHERE admin_id = %s"
WRITES = st.one_of(
    st.tuples(st.just(PUT_ADMIN), KEYS, st.sampled_from("abc")),
    st.tuples(st.just("DELETE FROM admins WHERE id = %s"), KEYS),
    st.tuples(st.just(PUT_SETTING), st.sampled_from("pq"), KEYS),
    st.tuples(st.just("UPDATE settings SET value = to_jsonb(%s::text) WHERE admin_id = %s"), st.text("xyz"), KEYS),
    st.tuples(st.just("UPDATE admins SET name = %s WHERE id = %s"), st.sampled_from(["", None, "null"]), KEYS),
    st.tuples(st.just(PUT_NOTICE), st.sampled_from("mn"), KEYS),
    st.tuples(st.just(MOVE), KEYS, KEYS),
    st.tuples(st.just("DELETE FROM notices WHERE admin_id = %s"), KEYS),
)
TRANSACTIONS = st.lists(st.lists(WRITES, min_size=1, max_size=4), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writers=st.lists(TRANSACTIONS, min_size=2, max_size=4), batch=st.integers(1, 6))
def test_any_interleaving_of_writers_and_backfill(world: DualWorld, writers: list[list[list[Any]]], batch: int) -> None:
    with opened(world) as db:
        arming.disarm(world.ctx, db, NAMES, SHAPES)
    world.sql("TRUNCATE admins, settings, sessions, notices, accounts, messages")
    world.sql(SOME.replace("40", "6").replace("90", "12"))
    begin(world)
    threads = [threading.Thread(target=write, args=(world, work)) for work in writers]
    for thread in threads:
        thread.start()
    fill(world, batch)
    for thread in threads:
        thread.join()
    assert world.differing() == []


def write(world: DualWorld, work: list[list[Any]]) -> None:
    with psycopg.connect(world.info.conninfo()) as db:
        for transaction in work:
            try:
                for text, *values in transaction:
                    db.execute(text, values)
                db.commit()
            except (psycopg.errors.DeadlockDetected, psycopg.errors.ForeignKeyViolation):
                db.rollback()
