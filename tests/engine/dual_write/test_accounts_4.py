"""The shipped example: seven tables become four, and every old row comes back out of them."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from cutover.context import Db, RunContext
from cutover.journal.store import Journal
from cutover.postgres.dual_write import arming, comparing, filling, making, tracing
from cutover.postgres.dual_write.names import Names
from cutover.postgres.dual_write.shape import Shape
from cutover.postgres.dual_write.shapes import shapes_of
from cutover.spec.loader import load
from cutover.sqlfiles import include_folder

FOLDER = include_folder() / "migrations" / "accounts_4"
FORWARD, BACK = Names(1, "forward"), Names(1, "back")
OLD = ("admins", "settings", "spotify_auth", "oauth_sessions", "event_settings", "requests", "notifications")


class World:
    """The seven tables with rows, the four without, and a run of the shipped spec."""

    def __init__(self, info: ConnectionInfo, journal: Journal, rows: int) -> None:
        self.info = info
        self.spec = load(FOLDER)
        journal.begin_run("a.1", migration="accounts_4", strategy="dual_write", database="x", title="x", spec={})
        self.ctx = RunContext("a.1", self.spec, journal, lambda _: info, logging.getLogger("cutover"))
        self.sql(f"SET demo.rows = '{rows}'", (FOLDER / "old.sql").read_text(), (FOLDER / "seed.sql").read_text())
        self.sql(self.spec.up_sql or "")
        with self.ctx.source("test") as db:
            self.forward = shapes_of(db, self.spec.shapes)
            self.back = shapes_of(db, self.spec.back)

    def sql(self, *texts: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.info.conninfo(), autocommit=True) as db:
            for text in texts:
                cursor = db.execute(text.encode())
            return cursor.fetchall() if cursor.description else []

    def begin(self, names: Names, shapes: Sequence[Shape]) -> None:
        with self.ctx.source("test") as db:
            making.make(db, names, shapes, at_once=True)
            arming.arm(self.ctx, db, names, shapes)

    def end(self, names: Names, shapes: Sequence[Shape]) -> None:
        with self.ctx.source("test") as db:
            arming.disarm(self.ctx, db, names, shapes)
            making.unmake(db, names)

    def fill(self, names: Names, shapes: Sequence[Shape], batch: int = 300) -> int:
        with self.ctx.source("test") as db:
            return sum(
                filling.fill(self.ctx, db, names, place, shape, batch=batch) for place, shape in enumerate(shapes, 1)
            )

    def untraced(self, shapes: Sequence[Shape]) -> list[Any]:
        with self.ctx.source("test", search_path="public, pg_temp") as db:
            return tracing.untraced(db, shapes)

    def differing(self, shapes: Sequence[Shape]) -> dict[str, int]:
        found = {shape.name: comparing.compare(self.ctx, shape).total for shape in shapes}
        return {name: total for name, total in found.items() if total}

    def keep(self) -> None:
        """Take a copy of the old tables."""
        self.sql("CREATE SCHEMA kept", *(f"CREATE TABLE kept.{name} AS TABLE {name}" for name in OLD))

    def changed(self) -> list[tuple[Any, ...]]:
        """Rows that only one of an old table and its copy has."""
        pairs = [(name, *order) for name in OLD for order in (("kept", "public"), ("public", "kept"))]
        one = "(SELECT '{0}', t::text FROM {1}.{0} AS t EXCEPT ALL SELECT '{0}', t::text FROM {2}.{0} AS t)"
        sides = [one.format(*pair) for pair in pairs]
        return self.sql(" UNION ALL ".join(sides))


@pytest.fixture
def world(database: ConnectionInfo, journal: Journal) -> World:
    return World(database, journal, 2000)


def test_seven_tables_into_four_and_back_without_losing_a_value(database: ConnectionInfo, journal: Journal) -> None:
    there_and_back(World(database, journal, 5000))


def test_the_same_on_the_oldest_server(database16: ConnectionInfo, journal: Journal) -> None:
    there_and_back(World(database16, journal, 1000))


def there_and_back(world: World) -> None:
    counts = world.sql("SELECT " + ", ".join(f"(SELECT count(*) FROM {name})" for name in OLD))
    assert all(counts[0])
    assert world.untraced(world.forward) == []  # asks the queries, not the tables
    world.begin(FORWARD, world.forward)
    assert world.fill(FORWARD, world.forward) == sum(counts[0]) - counts[0][1]  # settings are part of accounts
    assert world.fill(FORWARD, world.forward) == 0
    assert world.differing(world.forward) == {}
    assert world.untraced(world.back) == []
    assert world.differing(world.back) == {}
    world.keep()
    world.end(FORWARD, world.forward)
    world.sql(f"TRUNCATE {', '.join(OLD)}")
    world.begin(BACK, world.back)
    assert world.fill(BACK, world.back) == sum(counts[0])
    assert world.changed() == []
    world.end(BACK, world.back)
    world.sql(world.spec.down_sql or "")
    assert world.sql("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                     f" AND relname <> ALL ('{{{','.join(OLD)}}}')") == []  # fmt: skip


def test_what_the_columns_say(world: World) -> None:
    world.begin(FORWARD, world.forward)
    world.fill(FORWARD, world.forward)
    world.sql(
        "INSERT INTO admins VALUES (900, 'Eve@Club.example', 'Eve', NULL, 2, '2026-01-02 03:04:05.000006Z');"
        "INSERT INTO settings VALUES (900, '', '1.00', '2026-01-02 03:04:05.6Z'), (900, 'off', 'null', '2026-01-01Z');"
        "INSERT INTO spotify_auth (id, admin_id, spotify_user_id, product_code, refresh_token, scopes, connected_at)"
        " VALUES ('00000000-0000-0000-0000-000000000001', 900, 'eve', 2, 'r', '{\"a b\",\"c,d\"}', '2026-01-03Z');"
        "INSERT INTO event_settings VALUES ('00000000-0000-0000-0000-000000000002', 900, 'T', 'eve-1', '2026-02-01Z');"
        "INSERT INTO requests (id, event_id, guest_name, title, tip)"
        " SELECT 9000 + n, '00000000-0000-0000-0000-000000000002', 'G', 'S', 0.10 FROM generate_series(1, 3) AS n;"
        "INSERT INTO notifications VALUES (9000, 900, 9001, 2, 'new', now())"
    )
    account = world.sql("SELECT role, email_domain, settings::text, spotify::text FROM accounts WHERE id = 900")[0]
    assert account[:2] == ("editor", "club.example")
    assert account[2] == (
        '{"": {"value": 1.00, "updated_at": "2026-01-02T03:04:05.600000Z"},'
        ' "off": {"value": null, "updated_at": "2026-01-01T00:00:00.000000Z"}}'
    )
    assert '"product": "premium"' in account[3] and '"country": null' in account[3]
    assert world.sql("SELECT provider, scopes FROM sessions WHERE account_id = 900") == [("spotify", ["a b", "c,d"])]
    assert world.sql(
        "SELECT request_count, tips::text, rules ->> 'max_per_guest' FROM events WHERE account_id = 900"
    ) == [(3, "0.30", None)]
    assert world.sql("SELECT kind, status, channel, about FROM messages WHERE id IN (9000, 9001) ORDER BY kind") == [
        ("received", "waiting", "web", None),
        ("sent", "unread", "push", 9001),
    ]
    world.sql("DELETE FROM notifications WHERE id = 9000; DELETE FROM requests WHERE id > 9000")
    world.sql("DELETE FROM event_settings WHERE slug = 'eve-1'; DELETE FROM admins WHERE id = 900")
    for left in ("messages WHERE id >= 9000", "accounts WHERE id = 900", "sessions WHERE account_id = 900"):
        assert world.sql(f"SELECT count(*) FROM {left}") == [(0,)]
    assert world.differing(world.forward) == {}


# What two applications do: one statement or several for a line.
OLD_WRITES = """
INSERT INTO admins (email, display_name) VALUES ('n{n}@x', 'N') ON CONFLICT DO NOTHING
UPDATE admins SET role_code = 1 + {n} % 3, last_login_at = NULL WHERE id = {id}
DELETE FROM admins WHERE email LIKE 'n%@x' OR id = {id}
INSERT INTO settings VALUES ({id}, 's{n}', '{n}.50') ON CONFLICT (admin_id, name) DO UPDATE SET value = '"again"'
UPDATE settings SET name = name || '!' WHERE admin_id = {id} AND name LIKE 's%'
DELETE FROM settings WHERE admin_id = {id} AND {n} % 3 = 0
UPDATE spotify_auth SET access_token = NULL, scopes = scopes || 'x{n}'::text, country = NULL WHERE admin_id = {id}
UPDATE spotify_auth SET id = gen_random_uuid() WHERE admin_id = {id}
DELETE FROM spotify_auth WHERE admin_id = {id}
INSERT INTO spotify_auth (admin_id, spotify_user_id, refresh_token) VALUES ({id}, 'u{n}', 'r') ON CONFLICT DO NOTHING
UPDATE oauth_sessions SET revoked_at = now(), ip = '::1' WHERE admin_id = {id}
UPDATE oauth_sessions SET admin_id = {other} WHERE admin_id = {id}
INSERT INTO oauth_sessions (admin_id, provider_code, access_token, expires_at) VALUES ({id}, 3, '{n}', 'infinity')
DELETE FROM oauth_sessions WHERE admin_id = {id}
UPDATE event_settings SET requests_open = NOT requests_open, min_tip = {n} / 7.0 WHERE admin_id = {id}
UPDATE event_settings SET admin_id = {other}, ends_at = NULL WHERE admin_id = {id}
INSERT INTO event_settings (admin_id, title, slug, starts_at, theme) VALUES ({id}, '', 'new-{n}', now(), 'null')
DELETE FROM event_settings AS e WHERE NOT EXISTS (SELECT FROM requests AS r WHERE r.event_id = e.id)
INSERT INTO requests (event_id, guest_name, title, tip) SELECT id, '', '', 2 FROM event_settings WHERE admin_id = {id}
UPDATE requests SET votes = votes + 1, tip = {n} % 9, status_code = {n} % 4 WHERE id % 50 = {id}
UPDATE requests SET event_id = (SELECT id FROM event_settings LIMIT 1) WHERE id % 90 = {id}
DELETE FROM notifications WHERE request_id % 70 = {id}; DELETE FROM requests WHERE id % 70 = {id}
UPDATE notifications SET request_id = NULL WHERE request_id = {id}; UPDATE requests SET id = -id WHERE id = {id}
INSERT INTO notifications (admin_id, request_id, channel_code, body) SELECT {id}, id, 1, '' FROM requests WHERE id = {n}
UPDATE notifications SET read_at = CASE WHEN read_at IS NULL THEN now() END WHERE admin_id = {id}
UPDATE notifications SET request_id = NULL, admin_id = {other} WHERE id % 60 = {id}
"""
NEW_WRITES = """
UPDATE accounts SET display_name = '', role = 'viewer', password_hash = NULL WHERE id = {id}
INSERT INTO accounts (id, email, display_name) VALUES (5000 + {n}, 'n{n}@x', 'N') ON CONFLICT DO NOTHING
DELETE FROM accounts WHERE id > 5000 OR id = {id}
UPDATE accounts SET settings = settings - 'theme' || '{{"": {{"value": {n}.10, "updated_at": "2026-01-01T00:00Z"}}}}'
UPDATE accounts SET settings = '{{}}' WHERE id = {id}
UPDATE accounts SET spotify = spotify || '{{"product": "open", "country": "CH"}}' WHERE id = {id}
UPDATE accounts SET spotify = NULL WHERE id = {id}; DELETE FROM sessions WHERE account_id = {id}
UPDATE accounts SET spotify = '{{"user_id": "v{n}", "product": "free", "connected_at": "2026-01-01Z"}}' WHERE id = {id}
UPDATE sessions SET access_token = 't{n}', expires_at = now() WHERE account_id = {id}
UPDATE sessions SET account_id = {other} WHERE account_id = {id} AND provider <> 'spotify'
DELETE FROM sessions WHERE account_id = {id} AND provider <> 'spotify'
INSERT INTO sessions (account_id, provider, refresh_token) VALUES ({id}, 'spotify', 'r') ON CONFLICT DO NOTHING
INSERT INTO sessions (account_id, provider, access_token, expires_at) VALUES ({id}, 'apple', 'a', now())
UPDATE sessions SET id = gen_random_uuid() WHERE account_id = {id}
UPDATE events SET rules = rules || '{{"open": false, "min_tip": {n}.5, "max_per_guest": null}}' WHERE account_id = {id}
UPDATE events SET account_id = {other}, theme = '[]' WHERE account_id = {id}
INSERT INTO events (account_id, title, slug, starts_at) VALUES ({id}, '', 'new-{n}', now()) ON CONFLICT DO NOTHING
DELETE FROM events AS e WHERE NOT EXISTS (SELECT FROM messages AS m WHERE m.event_id = e.id)
UPDATE messages SET status = 'played', done_at = now(), tip = tip + 1 WHERE kind = 'received' AND id % 50 = {id}
UPDATE messages SET song = song - 'artist' WHERE kind = 'received' AND id % 50 = {id}
UPDATE messages SET done_at = NULL, status = 'unread' WHERE account_id = {id}
DELETE FROM messages WHERE about % 70 = {id} OR kind = 'received' AND id % 70 = {id}
INSERT INTO messages (kind, id, account_id, channel, status, body) VALUES ('sent', -{n}, {id}, 'sms', 'unread', 'x')
DELETE FROM messages WHERE kind = 'sent' AND id < 0
"""


def write(world: World, texts: str, seed: int, transactions: int) -> int:
    """Write at random, several statements at a time; return how many transactions were committed."""
    dice, done = random.Random(seed), 0
    writes = texts.strip().splitlines()
    with psycopg.connect(world.info.conninfo()) as db:
        for _ in range(transactions):
            try:
                for text in dice.choices(writes, k=dice.randint(1, 4)):
                    values = {"n": dice.randint(1, 999), "id": dice.randint(1, 40), "other": dice.randint(1, 40)}
                    db.execute(text.format(**values).encode())
                if dice.random() < 0.9:
                    db.commit()
                    done += 1
            except psycopg.errors.DeadlockDetected:
                pass
            except psycopg.errors.IntegrityError as error:
                # The applications' own mistakes. While the old side is live none may come from what is derived.
                mine = texts is NEW_WRITES or "cutover_dual" not in (error.diag.context or "")
                assert mine, (error, error.diag.context)
            db.rollback()
    return done


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_written_on_the_old_side_is_on_the_new_one(world: World, seed: int) -> None:
    world.begin(FORWARD, world.forward)
    world.begin(BACK, world.back)  # nothing echoes
    with ThreadPoolExecutor() as pool:
        writers = [pool.submit(write, world, OLD_WRITES, seed * 10 + n, 30) for n in range(2)]
        world.fill(FORWARD, world.forward, batch=50)
        assert all(writer.result() for writer in writers)
    assert world.differing(world.forward) == {}
    world.sql("TRUNCATE notifications")
    assert write(world, OLD_WRITES, seed + 100, 60) > 20
    assert world.differing(world.forward) == {}
    assert world.differing(world.back) == {}
    assert world.untraced(world.forward) == world.untraced(world.back) == []


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_written_on_the_new_side_is_on_the_old_one(world: World, seed: int) -> None:
    world.begin(FORWARD, world.forward)
    world.fill(FORWARD, world.forward)
    world.begin(BACK, world.back)
    world.end(FORWARD, world.forward)
    assert write(world, NEW_WRITES, seed, 60) > 20
    assert world.differing(world.back) == {}


def test_the_old_foreign_keys_stand_for_those_that_the_new_tables_do_not_have_yet(world: World) -> None:
    world.begin(FORWARD, world.forward)
    world.fill(FORWARD, world.forward)
    world.begin(BACK, world.back)
    for orphans in ("DELETE FROM accounts WHERE id = 1", "DELETE FROM messages WHERE kind = 'received'"):
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            world.sql(orphans)
    assert world.differing(world.forward + world.back) == {}


NO_PLACE = [
    "UPDATE accounts SET settings = '{\"a\": 1}'",
    'UPDATE accounts SET settings = \'{"a": {"value": 1}}\'',
    'UPDATE accounts SET settings = \'{"a": {"updated_at": "2026-01-01T00:00Z"}}\'',
    'UPDATE accounts SET spotify = \'{"user_id": "x", "connected_at": "2026-01-01Z"}\'',
    "UPDATE events SET rules = rules - 'open'",
    "UPDATE events SET rules = rules || '{\"max_per_guest\": 0}'",
    "UPDATE sessions SET refresh_token = NULL",
    "UPDATE messages SET status = 'unread' WHERE done_at IS NOT NULL",
    "UPDATE messages SET song = '{}' WHERE kind = 'received'",
]


def test_what_has_no_place_in_the_old_tables_is_refused_by_the_new_ones(world: World) -> None:
    world.begin(FORWARD, world.forward)
    world.fill(FORWARD, world.forward)
    for wrong in NO_PLACE:
        with pytest.raises(psycopg.errors.CheckViolation):
            world.sql(wrong)


@pytest.fixture
def db(world: World) -> Iterator[Db]:
    with world.ctx.source("test", search_path="public, pg_temp") as opened:
        yield opened


def test_keys_are_found_by_index(world: World, db: Db) -> None:
    """Rows are derived key by key within the application's own COMMIT: none may cost a walk through a table."""
    world.begin(FORWARD, world.forward)
    world.fill(FORWARD, world.forward)
    db.execute("ANALYZE; SET enable_seqscan = off; SET jit = off")
    for shape in world.forward + world.back:
        key = db.execute(f"SELECT {', '.join(shape.key)} FROM {shape.name} LIMIT 1".encode()).fetchone()
        wanted = [f"{type}  '{value}'" for type, value in zip(shape.types, key or (), strict=True)]
        same = " AND ".join(f"q.{name} = {value}" for name, value in zip(shape.key, wanted, strict=True))
        plan = db.execute(f"EXPLAIN SELECT * FROM ({shape.rows}) AS q WHERE {same}".encode()).fetchall()
        assert not [line for (line,) in plan if "Seq Scan" in line], (shape.label, plan)
