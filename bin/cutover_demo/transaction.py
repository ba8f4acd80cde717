"""One transaction of a writer: the statements that it sends, and what must be true once it has committed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from cutover_demo.ledger import Effects, Row, normal
from cutover_demo.memory import Memory
from cutover_demo.statements import statement

STATUSES = ("open", "paid", "shipped", "closed", "draft")


class WrongAnswer(Exception):
    """The database answered something that cannot be, given what it acknowledged before."""


class ChangeOfMind(Exception):
    """The writer takes its transaction back on purpose, as applications do."""


class Names:
    """Keys and references that only this writer uses."""

    def __init__(self, writer: int) -> None:
        self._writer = writer
        self._ids = 1_000_000_000 + writer * 10_000_000
        self._made = 0

    def reference(self) -> str:
        self._made += 1
        return f"W{self._writer}-{self._made}"

    def key(self) -> int:
        """Return an order id far above what the sequence will reach; it still fits an integer."""
        self._ids += 1
        return self._ids


class Transaction:
    """Collects the :class:`Effects` of what the operations send over ``db``. Committing is the writer's job."""

    def __init__(self, db: psycopg.Connection[Any], memory: Memory, dice: random.Random, names: Names) -> None:
        self.db, self.memory, self.dice, self.names = db, memory, dice, names
        self.effects = Effects()

    # -- sending ---------------------------------------------------------------------------------

    def send(self, name: str, values: Row, *, rows: int | None = None) -> psycopg.Cursor[Any]:
        """Execute ``include/demo/writes/<name>.sql``.

        :param rows: how many rows must be touched.
        :raises WrongAnswer: another number was, so an acknowledged row is missing or doubled.
        """
        adapted = {k: Jsonb(v) if isinstance(v, dict) else v for k, v in values.items()}
        cursor = self.db.execute(statement(f"writes/{name}"), adapted)
        if rows is not None and cursor.rowcount != rows:
            raise WrongAnswer(f"{name} touched {cursor.rowcount} rows instead of {rows}: {values.get('reference', '')}")
        return cursor

    def update(self, name: str, row: Row, changes: Row, **more: Any) -> None:
        """Send an update of one order and remember it with ``changes`` and the next revision."""
        self.send(name, {**row, **changes, **more, "id": row["id"]}, rows=1)
        self.put({**row, **changes, "revision": row["revision"] + 1})

    def insert(self, row: Row) -> Row:
        """Insert an order, with its own id where it has one, and return it as it must be found."""
        name = "insert_order_with_id" if "id" in row else "insert_order"
        found = self.send(name, row, rows=1).fetchone()
        assert found is not None
        return self.put({**row, "id": found[0]})

    # -- remembering -----------------------------------------------------------------------------

    def put(self, row: Row) -> Row:
        """Note that ``row`` is there after the commit, and return it with what the server derives."""
        row = normal({**row, "net": Decimal(row["total"]) - Decimal(row["discount"] or 0)})
        self.effects.orders[row["reference"]] = row
        return row

    def gone(self, row: Row) -> None:
        """Note that ``row`` is deleted, with what foreign keys do to rows that refer to it."""
        self.effects.orders[row["reference"]] = None
        for child in self.memory.children_of(row["reference"]):
            self.effects.children[child] = None
        for repeat in self.memory.repeats_of(row["reference"]):
            if repeat["reference"] != row["reference"]:
                self.effects.orders[repeat["reference"]] = {**repeat, "parent": None}

    # -- making up values ------------------------------------------------------------------------

    def new_order(self) -> Row:
        """Return a random order that is not in the database yet, without an id."""
        return {
            "customer_id": self.dice.randint(1, 20000),
            "reference": self.names.reference(),
            "parent": None,
            "external_no": None,
            "status": self.dice.choice(STATUSES),
            "placed_at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.dice.randrange(10**13)),
            "total": self.money(),
            "discount": self.dice.choice((None, self.money())),
            "recipient": None,
            "note": self.note(),
            "details": self.details(),
            "revision": 1,
            "preferences": {},
        }

    def money(self) -> Decimal:
        return Decimal(self.dice.choice((0, 1, 100, 99_999_999, self.dice.randrange(10**7)))) / 100

    def note(self) -> str | None:
        """Return nothing, an empty text, awkward characters, or enough to be stored out of line."""
        kind = self.dice.randrange(8)
        if kind == 0:
            return self.dice.randbytes(self.dice.randrange(1500, 4000)).hex()
        return (None, "", "null", "a|b\t\\N", "Zoë 🚚", "NULL", " ", 'it\'s "so"')[kind]

    def details(self) -> dict[str, Any] | None:
        return self.dice.choice((None, {}, {"gift": True, "tags": ["a", None, 1.5]}, {"n": self.dice.randrange(10**9)}))
