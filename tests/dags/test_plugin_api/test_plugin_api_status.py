"""Where the two sides stand, looked up in the run's own database by the real engine."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cutover.connections import ConnectionInfo
from cutover.journal.store import Journal
from cutover.postgres import online
from localstack.ports import free_port
from support.connections import Connections
from support.online_world import World
from support.plugin_api import Client, begin

pytestmark = pytest.mark.dags


@pytest.fixture(autouse=True)
def fresh_glances(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No look of another test is remembered."""
    from cutover.api import sides, status

    monkeypatch.setattr(status, "glances", sides.Glances())
    yield


@pytest.fixture
def world(
    tmp_path: Path, database: ConnectionInfo, journal: Journal, journal_known: Any, make_connection: Connections
) -> World:
    """A database to migrate, which Airflow knows as ``shop``."""
    make_connection("shop", database)
    return World(tmp_path / "migrations", database, journal)


def looked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from cutover.api import sides

    monkeypatch.setattr(sides, "FRESH_SECONDS", 0.0)


def test_keys_wait_until_they_are_drained(viewer: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_again(monkeypatch)
    ctx = world.orders_run()
    path = f"/cutover/runs/{ctx.run_id}/status"
    assert viewer.json(path)["tables"] == [], "nothing is built yet"
    online.build(ctx)
    online.backfill(ctx)
    world.sql("UPDATE orders SET note = 'touched' WHERE id <= 25")
    seen = viewer.json(path)
    (orders,) = seen["tables"]
    assert (orders["table"], orders["live"], orders["phase"]) == ("public.orders", "original", "filled")
    assert (orders["pending"], orders["copied"], orders["stuck"]) == (25, 5000, 0)
    assert seen["problem"] is None and seen["looked_at"]
    online.index(ctx)
    online.swap(ctx)
    (orders,) = viewer.json(path)["tables"]
    assert (orders["live"], orders["pending"]) == ("shadow", 0)


def test_refused_rows_are_counted_and_their_values_kept_back(
    viewer: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_again(monkeypatch)
    ctx = world.orders_run()
    online.build(ctx)
    online.backfill(ctx)
    online.index(ctx)
    online.swap(ctx)
    # The old table's numeric(10,2) cannot hold this one.
    world.sql(
        "INSERT INTO orders (customer_id, status, amount_cents, preferences)"
        " VALUES (1, 'NEW', 999999999999999999, '{\"legacy\": true}')"
    )
    online.keep_in_step(ctx)
    response = viewer.get(f"/cutover/runs/{ctx.run_id}/status")
    (orders,) = response.json()["tables"]
    assert orders["stuck"] == 1
    assert "examples" not in orders and "999999999999999999" not in response.text


def test_viewers_share_one_look(viewer: Client, world: World) -> None:
    ctx = world.orders_run()
    online.build(ctx)
    path = f"/cutover/runs/{ctx.run_id}/status"
    first = viewer.json(path)
    world.sql("UPDATE orders SET note = 'touched' WHERE id <= 25")
    assert viewer.json(path) == first


def test_a_slow_look_holds_one_thread_only(
    client: Any, world: World, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cutover.api import sides

    looked_again(monkeypatch)
    ctx = world.orders_run()
    online.build(ctx)
    run = journal.get_run(ctx.run_id)
    looking, go_on = threading.Event(), threading.Event()

    def slow(context: Any) -> dict[str, Any]:
        looking.set()
        assert go_on.wait(30)
        return online.status(context)

    monkeypatch.setitem(sides.LOOKERS, "online", slow)
    glances = sides.Glances()
    answers: list[dict[str, Any]] = []
    first = threading.Thread(target=lambda: answers.append(glances.at(run, journal)))
    first.start()
    assert looking.wait(30)
    assert glances.at(run, journal) == sides.NOBODY
    go_on.set()
    first.join(30)
    assert len(answers[0]["tables"]) == 1
    assert glances.at(run, journal)["tables"] == answers[0]["tables"]


def test_a_locked_table_is_not_waited_for(viewer: Client, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_again(monkeypatch)
    ctx = world.orders_run()
    online.build(ctx)
    log_table = world.one(
        "SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname = 'cutover' AND relkind = 'r' AND relname LIKE '%\\_original' LIMIT 1"
    )
    with world.connect() as other, other.transaction():
        other.execute(f"LOCK TABLE {log_table} IN ACCESS EXCLUSIVE MODE")
        seen = viewer.json(f"/cutover/runs/{ctx.run_id}/status")
    assert (seen["tables"], "locked" in seen["problem"]) == (None, True)


def test_a_database_that_is_away_is_a_problem_not_an_error(
    viewer: Client, world: World, make_connection: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_again(monkeypatch)
    ctx = world.orders_run()
    path = f"/cutover/runs/{ctx.run_id}/status"
    port = free_port()
    make_connection("shop", dataclasses.replace(world.info, port=port, password="hush-hush"))
    response = viewer.get(path)
    assert response.status_code == 200
    assert "cannot be asked" in response.json()["problem"]
    assert not any(secret in response.text for secret in (str(port), "127.0.0.1", world.info.dbname, "hush-hush"))
    monkeypatch.delenv("AIRFLOW_CONN_SHOP")
    assert viewer.json(path)["problem"] == "the Airflow connection 'shop' is not defined."


def test_a_run_that_is_over_is_not_looked_at(viewer: Client, world: World) -> None:
    ctx = world.orders_run()
    online.build(ctx)
    world.journal.set_state(ctx.run_id, "failed")
    from cutover.api import sides

    assert viewer.json(f"/cutover/runs/{ctx.run_id}/status") == sides.NOBODY


def test_a_strategy_without_sides_has_none(viewer: Client, journal: Journal, journal_known: Any) -> None:
    run = begin(journal, strategy="stop_the_world", dag_id="stop_the_world")
    assert viewer.json(f"/cutover/runs/{run}/status")["tables"] is None
