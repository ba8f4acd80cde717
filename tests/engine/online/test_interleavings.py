"""Random writes at every point where a copy could go wrong: live and follower, and the way back, end up equal.

Each statement runs in one transaction against the migrated table and against a control table that nobody migrates. The
engine stops at named points (between finding a batch and copying it, between taking log entries and reading
the truth ...) and lets some statements through; so what is tested are interleavings, not luck.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutover import points
from cutover.connections import ConnectionInfo
from cutover.postgres import online
from localstack.cluster import Cluster
from support.online_world import World

POINTS = ("fill.before_copy", "fill.copied", "drain.taken", "drain.before_commit")
KEYS = range(1, 13)
TABLE = """
DROP TABLE IF EXISTS items, control CASCADE;
CREATE TABLE items (a integer, b text COLLATE "C", v text, n integer UNIQUE, PRIMARY KEY (a, b));
INSERT INTO items SELECT k % 4, 'k' || k, 'v' || k, k FROM generate_series(1, 12, 2) AS k;
CREATE TABLE control (LIKE items INCLUDING ALL);
INSERT INTO control SELECT * FROM items;
"""

key = st.sampled_from(KEYS)
value = st.one_of(st.none(), st.sampled_from(["", "null", "x", "a|b", "long " * 500]))
number = st.one_of(st.none(), st.integers(1, 15))


def _where(k: int) -> str:
    return f"(a, b) = ({k % 4}, 'k{k}')"


def _text(item: Any) -> str:
    return "NULL" if item is None else f"'{item}'" if isinstance(item, str) else str(item)


statement = st.one_of(
    st.builds(lambda k, v, n: f"INSERT INTO @ VALUES ({k % 4}, 'k{k}', {_text(v)}, {_text(n)})", key, value, number),
    st.builds(lambda k, v: f"UPDATE @ SET v = {_text(v)} WHERE {_where(k)}", key, value),
    st.builds(lambda k, n: f"UPDATE @ SET n = {_text(n)} WHERE {_where(k)}", key, number),
    st.builds(lambda k, m: f"UPDATE @ SET a = {m % 4}, b = 'k{m}' WHERE {_where(k)}", key, key),
    st.builds(lambda k: f"DELETE FROM @ WHERE {_where(k)}", key),
    st.builds(lambda k: f"DELETE FROM @ WHERE {_where(k)}; INSERT INTO @ VALUES ({k % 4}, 'k{k}', 'again', NULL)", key),
    st.builds(
        lambda k, v: (
            f"INSERT INTO @ VALUES ({k % 4}, 'k{k}', 'new', NULL) ON CONFLICT (a, b) DO UPDATE SET v = {_text(v)}"
        ),
        key,
        value,
    ),
    st.builds(
        lambda k, m: (
            f"UPDATE @ SET n = NULL WHERE {_where(k)}; UPDATE @ SET n = (SELECT max(n) + 1 FROM @) WHERE {_where(m)}"
        ),
        key,
        key,
    ),
    st.just("UPDATE @ SET v = v || '!' WHERE a = 1"),
    st.just("UPDATE @ SET n = 100 - n"),
    st.just("DELETE FROM @ WHERE n > 10"),
    st.just("TRUNCATE @"),
)


class Writer:
    """Lets the next few statements through at each point; a statement that fails, fails on both tables."""

    def __init__(self, info: ConnectionInfo, statements: list[str]) -> None:
        # TRUNCATE must wait for whoever reads the table, which at most points is this very thread: later, then.
        self.db = psycopg.connect(info.conninfo(options="-c lock_timeout=20ms"), autocommit=True)
        self.later: list[str] = []
        self.columns = "a, b, v, n"
        self.left: Iterator[str] = iter(statements)
        self.rhythm = itertools.cycle((1, 2, 0))

    def step(self) -> None:
        for text in itertools.islice(self.left, next(self.rhythm)):
            self.run(text)

    def run(self, text: str) -> None:
        try:
            with self.db.transaction():
                self.db.execute(text.replace("@", "items"))
                self.db.execute(text.replace("@", "control"))
        except psycopg.errors.IntegrityError:
            pass
        except psycopg.errors.LockNotAvailable:
            self.later.append(text)

    def catch_up(self) -> None:
        """Between two steps nothing is locked."""
        late, self.later = self.later, []
        for text in late:
            self.run(text)
        self.step()

    def rest(self) -> None:
        late, self.later = self.later, []
        for text in itertools.chain(late, self.left):
            self.run(text)

    def same(self) -> bool:
        query = "SELECT count(*) FROM (SELECT {0} FROM {1} EXCEPT ALL SELECT {0} FROM {2}) AS d"
        pairs = (("items", "control"), ("control", "items"))
        counts = [self.db.execute(query.format(self.columns, *pair)).fetchone() for pair in pairs]
        return counts == [(0,), (0,)]


@pytest.fixture(scope="module")
def arena(pg18: Cluster, journal_template: str, tmp_path_factory: pytest.TempPathFactory) -> World:
    from cutover.journal.store import Journal

    journal = Journal(pg18.create_database("interleavings_journal", template=journal_template))
    return World(tmp_path_factory.mktemp("specs"), pg18.create_database("interleavings"), journal)


def _spec(world: World) -> Path:
    table = {
        "name": "public.items",
        "alter": "alter.sql",
        "columns": {"extra": "coalesce(v, 'none')"},
    }
    alter = "ALTER TABLE items ALTER COLUMN a TYPE bigint, ADD COLUMN extra text"
    # Tiny batches: as many points as possible.
    return world.spec([table], {"alter.sql": alter}, backfill={"workers": 1, "batch_rows": 2})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(statement, max_size=40), st.lists(statement, max_size=25))
def test_live_and_follower_stay_equal(arena: World, before: list[str], after: list[str]) -> None:
    arena.sql(TABLE)
    ctx = arena.begin(_spec(arena))
    writer = Writer(arena.info, before)
    for name in POINTS:
        points.on(name, writer.step)
    try:
        online.build(ctx)
        online.backfill(ctx)
        writer.catch_up()
        online.index(ctx)
        writer.catch_up()
        online.catch_up(ctx)
        writer.rest()
        assert [check for check in online.verify(ctx) if not check["ok"]] == []
        online.swap(ctx)
        assert writer.same()
        assert arena.one("SELECT count(*) FROM items WHERE extra IS DISTINCT FROM coalesce(v, 'none')") == 0

        writer.left = iter(after)
        online.keep_in_step(ctx)
        writer.rest()
        done = online.roll_back(ctx)
        assert done["row_diff"] == 0 and done["differences"] == []
        assert writer.same()
        assert arena.leftovers() == []
    finally:
        for name in POINTS:
            points.on(name, None)
        writer.db.close()
        if arena.journal.get_run(ctx.run_id).active:
            online.roll_back(ctx)
            arena.end(ctx)
