"""A worker killed at any instant: run again it converges, rolled back it leaves nothing, and no write is lost."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
from collections.abc import Iterator

import psycopg
import pytest

from cutover import points
from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.postgres import online
from support import children
from support.online_world import World

WAIT = 280  # seconds for a process on a machine that is busy with something else
pytestmark = pytest.mark.timeout(900)
FORWARD = ["build", "backfill", "index", "catch_up", "swap", "settle"]
AT = [
    "build.created",
    "fill.before_copy",
    "fill.copied",
    "drain.taken",
    "drain.before_commit",
    "exchange.locked",
    "exchange.before_commit",
    "swap.committed",
]
BACK_AT = [
    "exchange.locked",
    "exchange.before_commit",
    "roll_back.exchanged",
    "roll_back.capture_off",
    "remove.traces",
    "roll_back.dropped",
]


class Writers:
    """Writes all the time, and knows what it was told is committed."""

    def __init__(self, info: ConnectionInfo) -> None:
        self._info = info
        self._stop = threading.Event()
        self.acknowledged: set[int] = set()
        self.failed: list[str] = []
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> Writers:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _write(self) -> None:
        chance = random.Random(1)
        with psycopg.connect(self._info.conninfo(), autocommit=True, prepare_threshold=None) as db:
            while not self._stop.wait(0.01):
                try:
                    row = db.execute(
                        "INSERT INTO orders (customer_id, status) VALUES (1, 'NEW') RETURNING id"
                    ).fetchone()
                    assert row is not None
                    self.acknowledged.add(row[0])
                    victim = chance.choice(sorted(self.acknowledged))
                    if chance.random() < 0.3:
                        db.execute("DELETE FROM orders WHERE id = %s", (victim,))
                        self.acknowledged.discard(victim)
                    else:
                        db.execute("UPDATE orders SET tags = NULL, status = 'PAID' WHERE id = %s", (victim,))
                except psycopg.Error as error:
                    self.failed.append(str(error))
                    return


@pytest.fixture
def shop(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, info in (("shop", world.info), ("cutover_journal", world.journal.info)):
        data = {"conn_type": "postgres", "host": info.host, "port": info.port, "login": info.user}
        monkeypatch.setenv(
            f"AIRFLOW_CONN_{name.upper()}", json.dumps({**data, "password": info.password, "schema": info.dbname})
        )
    yield world


def _child(ctx: RunContext, steps: list[str], die_at: str | None = None) -> children.Child:
    environment = {**os.environ, **({points.VARIABLE: die_at} if die_at else {})}
    return children.start("support.online_child", ctx.run_id, *steps, environment=environment)


def _nothing_lost(world: World, writers: Writers) -> None:
    assert writers.failed == []
    there = {row[0] for row in world.sql("SELECT id FROM orders WHERE id > 5000")}
    assert there == writers.acknowledged


@pytest.mark.parametrize("point", AT)
def test_killed_on_the_way_there(shop: World, point: str) -> None:
    ctx = shop.orders_run(backfill={"workers": 1, "batch_rows": 500})
    with Writers(shop.info) as writers:
        assert _child(ctx, FORWARD, point).wait(WAIT) == -signal.SIGKILL
        assert _child(ctx, FORWARD).wait(WAIT) == 0
        assert online.status(ctx)["tables"][0]["live"] == "shadow"
        done = online.roll_back(ctx)
    assert done["row_diff"] == 0 and done["differences"] == []
    _nothing_lost(shop, writers)
    assert shop.leftovers() == []


@pytest.mark.parametrize("point", AT)
def test_killed_then_rolled_back(shop: World, point: str) -> None:
    ctx = shop.orders_run(backfill={"workers": 1, "batch_rows": 500})
    with Writers(shop.info) as writers:
        assert _child(ctx, FORWARD, point).wait(WAIT) == -signal.SIGKILL
        done = online.roll_back(ctx)
    assert done["row_diff"] in (None, 0) and done["differences"] == []
    assert done["was_swapped"] is (point == "swap.committed")
    _nothing_lost(shop, writers)
    assert shop.leftovers() == []


@pytest.mark.parametrize("point", BACK_AT)
def test_killed_on_the_way_back(shop: World, point: str) -> None:
    ctx = shop.orders_run()
    with Writers(shop.info) as writers:
        assert _child(ctx, FORWARD).wait(WAIT) == 0
        assert _child(ctx, ["roll_back"], point).wait(WAIT) == -signal.SIGKILL
        online.roll_back(ctx)
    _nothing_lost(shop, writers)
    assert shop.leftovers() == []


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_instants(shop: World, seed: int) -> None:
    chance = random.Random(seed)
    ctx = shop.orders_run(backfill={"workers": 2, "batch_rows": 200})
    with Writers(shop.info) as writers:
        for steps in (FORWARD, ["roll_back"]):
            for _ in range(3):
                child = _child(ctx, steps)
                try:
                    child.wait(chance.random() * 2)
                except subprocess.TimeoutExpired:
                    child.kill()
                child.wait(WAIT)
            assert _child(ctx, steps).wait(WAIT) == 0
    _nothing_lost(shop, writers)
    assert shop.leftovers() == []
