"""The whole journey, between every pair of versions: there, back, there again, and the end of the window."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from cutover.postgres import blue_green
from cutover.postgres.blue_green import clearance
from localstack.cluster import Cluster
from localstack.pgbouncer import PgBouncer
from support.pair_route import client, routed
from support.pair_world import PairWorld, forward

from .conftest import MakePair

pytestmark = pytest.mark.timeout(300)
VERSIONS = {
    "16-18": ("pg16", "pg18"),
    "18-18": ("pg18", "pg18_second"),
    "16-16": ("pg16", "pg16_second"),
    "15-18": ("pg15", "pg18"),
}
UP = """
CREATE INDEX orders_amount_idx ON orders (amount);
ALTER TABLE orders ADD COLUMN total numeric, ALTER COLUMN amount TYPE numeric(14, 2);
"""
TABLES = [{"name": "public.orders", "columns": {"total": "amount * 2"}}]
GRANTS = "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO pair_app"


@pytest.fixture(params=VERSIONS)
def journey(request: pytest.FixtureRequest, make_pair: MakePair) -> Iterator[tuple[PairWorld, PgBouncer]]:
    blue, green = (request.getfixturevalue(name) for name in VERSIONS[request.param])
    pair = make_pair(blue, green)
    pair.blue(GRANTS)
    with routed(pair, blue, green) as pooler:
        yield pair, pooler


class Writer:
    """One application that inserts, updates and deletes through the pooler, and remembers what it was told."""

    def __init__(self, pooler: PgBouncer) -> None:
        self._pooler = pooler
        self._stop = threading.Event()
        self.failed: list[str] = []
        self.kept: dict[int, str] = {}
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        with client(self._pooler) as db:
            number = 0
            while not self._stop.wait(0.01) and not self.failed:
                number += 1
                try:
                    self._step(db, number)
                except psycopg.Error as error:
                    self.failed.append(str(error))

    def _step(self, db: psycopg.Connection[Any], number: int) -> None:
        row = db.execute(
            "INSERT INTO orders (customer_id, status, amount) VALUES (1, 'LIVE', %s) RETURNING id", (number,)
        ).fetchone()
        assert row is not None
        self.kept[row[0]] = "LIVE"
        if number % 3 == 0:
            db.execute("UPDATE orders SET status = 'MOVED', note = NULL WHERE id = %s", row)
            self.kept[row[0]] = "MOVED"
        if number % 5 == 0:
            db.execute("DELETE FROM orders WHERE id = %s", row)
            del self.kept[row[0]]

    def check(self, rows: list[tuple[Any, ...]]) -> None:
        assert self.failed == []
        assert dict(rows) == self.kept


LIVE = "SELECT id, status FROM orders WHERE status IN ('LIVE', 'MOVED')"


def verified(ctx: Any) -> None:
    wrong = [check for check in blue_green.verify(ctx) if not check["ok"] and check["severity"] == "error"]
    assert wrong == []


def test_there_back_there_again_and_the_end(journey: tuple[PairWorld, PgBouncer]) -> None:
    pair, pooler = journey
    folder = pair.spec(TABLES, {"up.sql": UP})
    with Writer(pooler) as writer:
        first = pair.begin(folder)
        forward(first)
        verified(first)
        there = blue_green.cut_over(first)
        assert (there["exact"]["row_diff"], there["exact"]["differing"]) == (0, [])
        pair.green("UPDATE orders SET note = 'on green' WHERE id < 50")
        verified(first)
        back = blue_green.roll_back(first)
        assert (back["was_swapped"], back["row_diff"], back["differences"]) == (True, 0, [])
        pair.end(first)
        assert pair.blue("SELECT count(*) FROM orders WHERE note = 'on green'") == [(49,)]

        second = pair.begin(folder)
        forward(second)
        ((followed,),) = pair.blue("SELECT max(id) FROM orders")
        again = blue_green.cut_over(second)
        assert again["exact"]["row_diff"] == 0
        assert all(check["ok"] for check in blue_green.watch(second))
        assert blue_green.finalize(second, "drop")["blue"] == "dropped"
        pair.end(second, "finalized")
    writer.check(pair.green(LIVE))
    assert len(writer.kept) > 50
    computed = "SELECT count(*), count(*) FILTER (WHERE total IS DISTINCT FROM amount * 2) FROM orders WHERE id <= %s"
    ((rows, wrong),) = pair.green(computed, followed)
    assert rows > 5000
    assert wrong == 0, "copied rows and followed rows alike"


def test_a_direct_session_cannot_get_round_the_fence(
    pair: PairWorld, pg16: Cluster, pg18: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clearance, "LONG", 60.0)  # how long its transaction has been open is not what this is about
    with routed(pair, pg16, pg18):
        ctx = pair.begin()
        forward(ctx)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction, match="not live"):
            pair.green("TRUNCATE payments_rest")
        with psycopg.connect(pair.blue_info.conninfo()) as direct:
            direct.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            direct.execute("SELECT count(*) FROM customers")  # an old snapshot, and no lock against the fence
            blue_green.cut_over(ctx)
            direct.execute("SET LOCAL default_transaction_read_only = off")
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction, match="not live"):
                direct.execute("UPDATE customers SET name = 'late' WHERE id = 1")
            direct.rollback()
            copying = direct.cursor().copy('COPY "Odd Place"."A ""table""" FROM STDIN')
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction, match="not live"), copying as copy:
                copy.write(b"")
        blue_green.roll_back(ctx)
