"""A change of shape from its spec on: the small world of ``dual_world``, with the way back, and applications."""

from __future__ import annotations

import logging
import random
import threading
from pathlib import Path
from typing import Any, ClassVar

import psycopg
import yaml

from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.flags import FlagClient, FlagStore
from cutover.flags.use import Use
from cutover.journal.store import Journal
from cutover.spec import loader
from cutover.spec.models import Migration
from support.dual_world import ACCOUNTS, MESSAGES, NEW, OLD

NAME = "reshape"
DOWN = "DROP TABLE messages; DROP TABLE accounts;"
UP = f"""{NEW}
CREATE INDEX messages_notice ON messages ((ref::bigint)) WHERE kind = 'notice';
CREATE INDEX messages_session ON messages ((ref::uuid)) WHERE kind = 'session';
ALTER TABLE messages ADD CONSTRAINT messages_account FOREIGN KEY (account_id) REFERENCES accounts;
"""
FILES = {
    "up.sql": UP,
    "down.sql": DOWN,
    "accounts.sql": ACCOUNTS,
    "messages.sql": MESSAGES,
    "admins.sql": "SELECT id, email, name FROM accounts",
    "settings.sql": "SELECT a.id AS admin_id, s.key AS name, s.value::jsonb AS value"
    " FROM accounts AS a, json_each(a.settings) AS s",
    "sessions.sql": "SELECT ref::uuid AS id, account_id AS admin_id, body::timestamptz AS until FROM messages"
    " WHERE kind = 'session'",
    "notices.sql": "SELECT ref::bigint AS id, account_id AS admin_id, body FROM messages WHERE kind = 'notice'",
}
SPEC: dict[str, Any] = {
    "name": NAME,
    "title": "Four tables become two",
    "strategy": "dual_write",
    "owner": "tests",
    "source": "shop",
    "schema": {"up": "up.sql", "down": "down.sql"},
    "shapes": [
        {
            "name": "public.accounts",
            "key": ["id"],
            "rows": "accounts.sql",
            "from": {"admins": "SELECT r.id", "settings": "SELECT r.admin_id", "sessions": "SELECT r.admin_id"},
        },
        {
            "name": "public.messages",
            "key": ["account_id", "kind", "ref"],
            "rows": "messages.sql",
            "from": {
                "notices": "SELECT r.admin_id, 'notice', r.id::text",
                "sessions": "SELECT r.admin_id, 'session', r.id::text",
            },
        },
    ],
    "back": [
        {"name": "admins", "key": ["id"], "rows": "admins.sql", "from": {"accounts": "SELECT r.id"}},
        {
            "name": "settings",
            "key": ["admin_id", "name"],
            "rows": "settings.sql",
            "from": {"accounts": "SELECT r.id, k FROM json_object_keys(r.settings) AS k"},
        },
        {
            "name": "sessions",
            "key": ["id"],
            "rows": "sessions.sql",
            "from": {"messages": "SELECT r.ref::uuid WHERE r.kind = 'session'"},
        },
        {
            "name": "notices",
            "key": ["id"],
            "rows": "notices.sql",
            "from": {"messages": "SELECT r.ref::bigint WHERE r.kind = 'notice'"},
        },
    ],
    "reads": {"shadow": 100, "steps": [10, 100], "hold": "0s"},
    "watch": {"duration": "0s"},
}
SOME = """
INSERT INTO admins SELECT n, n || '@example.org', 'admin ' || n FROM generate_series(1, 40) AS n;
INSERT INTO settings
    SELECT n, 's' || m, to_jsonb(n * m) FROM generate_series(1, 40, 2) AS n, generate_series(1, 3) AS m;
INSERT INTO sessions SELECT gen_random_uuid(), n, now() FROM generate_series(1, 40, 3) AS n;
INSERT INTO notices SELECT n, 1 + n % 40, 'notice ' || n FROM generate_series(1, 90) AS n;
"""
INDEXES = """
CREATE INDEX notices_text ON notices (admin_id, (id::text));
CREATE INDEX sessions_text ON sessions (admin_id, (id::text));
"""
OLD_TABLES = ("admins", "settings", "sessions", "notices")


class DualRun:
    """A database with the old side, a run of the spec, and whatever instances a test starts."""

    def __init__(self, folder: Path, info: ConnectionInfo, journal: Journal, **changes: Any) -> None:
        self.info, self.journal = info, journal
        self.sql(OLD + INDEXES + SOME)
        self.spec = load(folder, **changes)
        self.clients: list[FlagClient] = []
        self.ctx = self.begin(f"{NAME}.1")

    def begin(self, run_id: str) -> RunContext:
        """Enter a run in the journal and return its context."""
        self.journal.begin_run(
            run_id, migration=NAME, strategy="dual_write", database="x", title="x", spec=self.spec.snapshot()
        )
        return RunContext(run_id, self.spec, self.journal, lambda _: self.info, logging.getLogger("cutover"))

    @property
    def flags(self) -> FlagStore:
        return FlagStore(self.info)

    def client(self, **options: Any) -> FlagClient:
        """Start an instance of the application."""
        self.flags.create(NAME)
        made = FlagClient(self.info, NAME, application="shop", **options)
        self.clients.append(made)
        return made

    def close(self) -> None:
        for client in self.clients:
            client.close()

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.info.conninfo(), autocommit=True) as db:
            cursor = db.execute(text.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def old(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything on the old side."""
        return {table: self.sql(f"SELECT t::text FROM {table} AS t ORDER BY 1") for table in OLD_TABLES}

    def left(self) -> list[tuple[Any, ...]]:
        """What a run has left in the database."""
        found = self.sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'cutover_dual%'")
        found += self.sql("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'cutover%'")
        return found + self.sql("SELECT relname FROM pg_class WHERE relname IN ('accounts', 'messages')")


def load(folder: Path, **changes: Any) -> Migration:
    """Write the spec with its files into ``folder`` and load it."""
    home = folder / NAME
    home.mkdir()
    for name, text in FILES.items():
        (home / name).write_text(text)
    (home / "migration.yaml").write_text(yaml.safe_dump({**SPEC, **changes}))
    return loader.load(home)


class Application(threading.Thread):
    """Writes admins and what belongs to them, on the side that the flag says, until it is told to stop.

    :cvar both: whether it writes both sides itself.
    :ivar written: email by admin, as acknowledged. :ivar failed: errors of transactions.
    """

    both: ClassVar[bool] = False

    def __init__(self, run: DualRun, first: int) -> None:
        super().__init__(daemon=True)
        self.run_, self.client, self.first = run, run.client(), first
        self.over = threading.Event()
        self.written: dict[int, str] = {}
        self.notes: set[int] = set()
        self.failed: list[str] = []
        self.sides: set[str] = set()

    def run(self) -> None:
        rnd = random.Random(self.first)
        number = 0
        with psycopg.connect(self.run_.info.conninfo()) as db:
            while not self.over.wait(0.01):
                number += 1
                admin, note = self.first + rnd.randrange(20), self.first * 1000 + number
                try:
                    with self.client.use() as use, db.transaction():
                        side = self.side(use)
                        for one in ("old", "new") if side == "both" else (side,):
                            write(db, one, admin, f"{number}@{self.first}", note)
                        use.check()
                except Exception as error:
                    self.failed.append(f"{type(error).__name__}: {error}")
                    continue
                self.sides.add(side)
                self.written[admin] = f"{number}@{self.first}"
                self.notes.add(note)

    def side(self, use: Use) -> str:
        """Return what is written: ``old``, ``new`` or ``both``."""
        if self.both and use.writes_old and use.writes_new:
            return "both"
        return "old" if use.writes_old else "new"

    def stop(self) -> None:
        self.over.set()
        self.join(20)


def write(db: psycopg.Connection[Any], side: str, admin: int, email: str, note: int) -> None:
    """What the application does in one transaction, in either shape."""
    if side == "old":
        db.execute(
            "INSERT INTO admins VALUES (%s, %s, 'n') ON CONFLICT (id) DO UPDATE SET email = excluded.email",
            (admin, email),
        )
        db.execute("INSERT INTO notices VALUES (%s, %s, 'noted')", (note, admin))
        return
    db.execute(
        "INSERT INTO accounts VALUES (%s, %s, 'n', '{}', 0) ON CONFLICT (id) DO UPDATE SET email = excluded.email",
        (admin, email),
    )
    db.execute("INSERT INTO messages VALUES (%s, 'notice', %s, 'noted')", (admin, str(note)))
