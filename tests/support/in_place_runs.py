"""Tables that change in place: a name is split, a price becomes cents, a table gets another name; with applications."""

from __future__ import annotations

import logging
import random
import threading
from pathlib import Path
from typing import Any

import psycopg
import yaml

from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.flags import FlagClient, FlagStore
from cutover.flags.use import Use
from cutover.journal.store import Journal
from cutover.spec import loader
from cutover.spec.models import Migration

NAME = "in_place"
OLD = """
CREATE TABLE people (
    id bigint PRIMARY KEY, name text NOT NULL, price double precision NOT NULL DEFAULT 0, note text
);
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person_id bigint REFERENCES people, what text);
COMMENT ON TABLE orders IS 'what people want';
INSERT INTO people SELECT n, 'first' || n || ' last' || n, n * 0.25, 'note' FROM generate_series(1, 2000) AS n;
INSERT INTO orders (person_id, what) SELECT 1 + n % 2000, 'thing ' || n FROM generate_series(1, 500) AS n;
"""
ALTER = """
ALTER TABLE people
    ADD COLUMN given_name text NOT NULL, ADD COLUMN family_name text NOT NULL DEFAULT '', ADD COLUMN cents bigint;
CREATE INDEX people_family_name ON people (family_name, given_name);
ALTER TABLE people ADD CONSTRAINT people_cents CHECK (cents >= 0);
COMMENT ON COLUMN people.cents IS 'exact';
"""
PEOPLE: dict[str, Any] = {
    "name": "people",
    "alter": "people.sql",
    "columns": {
        "given_name": "split_part(name, ' ', 1)",
        "family_name": "substr(name, length(split_part(name, ' ', 1)) + 2)",
        "cents": "round((price * 100)::numeric)",
    },
    "reverse": {
        "name": "given_name || CASE WHEN family_name = '' THEN '' ELSE ' ' || family_name END",
        "price": "cents / 100.0",
    },
    "old_table": "drop",
}
ORDERS = {"name": "orders", "rename": "purchases"}
SPEC: dict[str, Any] = {
    "name": NAME,
    "title": "People and purchases",
    "strategy": "dual_write",
    "owner": "tests",
    "source": "shop",
    "tables": [PEOPLE, ORDERS],
    "backfill": {"batch_rows": 500},
    "reads": {"shadow": 100, "steps": [10, 100], "hold": "0s"},
    "watch": {"duration": "0s"},
}


class InPlaceRun:
    """A database with the tables, a run of the spec, and whatever instances a test starts."""

    def __init__(
        self, folder: Path, info: ConnectionInfo, journal: Journal, *, alter: str = ALTER, **changes: Any
    ) -> None:
        self.info, self.journal = info, journal
        self.sql(OLD)
        self.spec = load(folder, alter, **changes)
        self.clients: list[FlagClient] = []
        self.before = self.shape()
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

    def shape(self) -> list[tuple[Any, ...]]:
        """Everything in the catalog that a run may change and must bring back."""
        return self.sql(
            "SELECT 'column', attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod), attnotnull"
            " FROM pg_attribute WHERE attrelid::regclass::text IN ('people', 'orders', 'purchases') AND attnum > 0"
            " AND NOT attisdropped"
            " UNION ALL SELECT 'relation', relname::text, relkind::text, '', true FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace"
            " UNION ALL SELECT 'constraint', conrelid::regclass::text, pg_get_constraintdef(oid), '', convalidated"
            " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
            " UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname::text, '', true FROM pg_trigger"
            " WHERE NOT tgisinternal"
            " UNION ALL SELECT 'schema', nspname::text, '', '', true FROM pg_namespace WHERE nspname = 'cutover_dual'"
            " ORDER BY 1, 2, 3"
        )

    def has(self, relation: str) -> bool:
        return bool(self.sql("SELECT 1 WHERE to_regclass(%s) IS NOT NULL", relation))

    def kept(self, applications: list[Application]) -> None:
        """Nothing failed, and every acknowledged write is there, in the words of either side."""
        assert [one.failed for one in applications] == [[] for _ in applications]
        orders = "orders" if self.has("orders") else "purchases"
        ordered = {row[0] for row in self.sql(f"SELECT what FROM {orders}")}
        assert all(one.ordered <= ordered for one in applications)
        columns = {row[2] for row in self.shape() if row[:2] == ("column", "people")}
        for one in applications:
            if "cents" in columns:
                new = {row[0]: row[1:] for row in self.sql("SELECT id, given_name, family_name, cents FROM people")}
                assert {person: new.get(person) for person in one.written} == one.written
            if "name" in columns:
                old = {
                    row[0]: row[1:]
                    for row in self.sql("SELECT id, name, round((price * 100)::numeric)::int FROM people")
                }
                told = {person: (f"{g} {f}".rstrip(), cents) for person, (g, f, cents) in one.written.items()}
                assert {person: old.get(person) for person in told} == told


def load(folder: Path, alter: str = ALTER, **changes: Any) -> Migration:
    """Write the spec with its files into ``folder`` and load it."""
    home = folder / NAME
    home.mkdir()
    (home / "people.sql").write_text(alter)
    (home / "migration.yaml").write_text(yaml.safe_dump({**SPEC, **changes}))
    return loader.load(home)


class Application(threading.Thread):
    """Writes people and orders by the names and columns that the flag says, until it is told to stop.

    :ivar written: name and cents by person, as acknowledged. :ivar failed: errors of transactions.
    """

    def __init__(self, run: InPlaceRun, first: int) -> None:
        super().__init__(daemon=True)
        self.run_, self.client, self.first = run, run.client(), first
        self.over = threading.Event()
        self.written: dict[int, tuple[str, str, int]] = {}
        self.ordered: set[str] = set()
        self.failed: list[str] = []
        self.sides: set[str] = set()

    def run(self) -> None:
        rnd = random.Random(self.first)
        number = 0
        with psycopg.connect(self.run_.info.conninfo()) as db:
            while not self.over.wait(0.01):
                number += 1
                person = self.first + rnd.randrange(20)
                value = (f"g{number}", rnd.choice(["", f"f{self.first}"]), rnd.randrange(100_000))
                try:
                    with self.client.use() as use, db.transaction():
                        write(db, use, person, value, f"{self.first}/{number}")
                        use.check()
                except Exception as error:
                    self.failed.append(f"{type(error).__name__}: {error}")
                    continue
                self.sides.add("old" if use.writes_old else "new")
                self.written[person] = value
                self.ordered.add(f"{self.first}/{number}")

    def stop(self) -> None:
        self.over.set()
        self.join(20)


def write(db: psycopg.Connection[Any], use: Use, person: int, value: tuple[str, str, int], order: str) -> None:
    """What the application does in one transaction, in old words or in new ones."""
    given, family, cents = value
    if use.writes_old:
        name = f"{given} {family}" if family else given
        db.execute(
            "INSERT INTO people (id, name, price) VALUES (%s, %s, %s) ON CONFLICT (id) DO UPDATE"
            " SET name = excluded.name, price = excluded.price",
            (person, name, cents / 100),
        )
        db.execute("INSERT INTO orders (person_id, what) VALUES (%s, %s)", (person, order))
    else:
        db.execute(
            "INSERT INTO people (id, given_name, family_name, cents) VALUES (%s, %s, %s, %s) ON CONFLICT (id)"
            " DO UPDATE SET given_name = excluded.given_name, family_name = excluded.family_name,"
            " cents = excluded.cents",
            (person, given, family, cents),
        )
        db.execute("INSERT INTO purchases (person_id, what) VALUES (%s, %s)", (person, order))
