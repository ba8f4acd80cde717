"""The wait for green: the real trigger on a real pair, from the first look to the event that ends it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cutover.context import RunContext
from cutover.journal.store import Journal
from cutover.postgres.blue_green import subscription, vigil
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.vigil import Vigil
from localstack.ports import free_port
from support.connections import Connections
from support.pair_hand import link, plain, unlink
from support.pair_world import PairWorld, until

Linked = tuple[PairWorld, RunContext, Ends]


@pytest.fixture
def linked(pair: PairWorld, journal: Journal, make_connection: Connections) -> Iterator[Linked]:
    """A pair that follows, whose connections Airflow knows."""
    pair.both("CREATE TABLE t (id int PRIMARY KEY, v text)")
    make_connection("shop", pair.blue_info)
    make_connection("shop_green", pair.green_info)
    make_connection("cutover_journal", journal.info)
    ctx = pair.begin(pair.spec(replication={"max_wal": "64MB"}))
    ends = link(pair, ctx, [plain("t", "id", "v")])
    yield pair, ctx, ends
    unlink(ends)


def trigger(ctx: RunContext, **more: Any) -> Any:
    from cutover.triggers.pair_lag import PairLagTrigger

    limits = {"max_lag_seconds": 20.0, "poke_interval": 0.05, "stable_checks": 3, **more}
    return PairLagTrigger(run_id=ctx.run_id, conn_ids=["shop", "shop_green"], **limits)


async def first_event(waiting: Any) -> dict[str, Any]:
    async for event in waiting.run():
        return dict(event.payload)
    raise AssertionError("the trigger ended without a word")


def outcome(waiting: Any, seconds: float = 60) -> dict[str, Any]:
    return asyncio.run(asyncio.wait_for(first_event(waiting), seconds))


def test_green_that_keeps_up_is_looked_at_until_it_is_steady(linked: Linked) -> None:
    pair, ctx, _ = linked
    pair.blue("INSERT INTO t SELECT n, 'x' FROM generate_series(1, 5000) n")
    event = outcome(trigger(ctx))
    assert event["status"] == "ok" and event["looks"] >= 3 and event["last"]["arrived"]
    assert json.loads(json.dumps(event)) == event
    samples = ctx.journal.samples(ctx.run_id, "lag blue -> green")
    assert len(samples) == event["looks"] and max(s.data["seconds"] for s in samples) == event["worst_seconds"]


def test_it_is_made_anew_from_what_it_tells_of_itself_and_tells_no_login(linked: Linked) -> None:
    from airflow.sdk._shared.module_loading import import_string

    pair, ctx, _ = linked
    path, arguments = trigger(ctx, max_lag_seconds=2.5).serialize()
    again = import_string(path)(**arguments)
    assert again.serialize() == (path, arguments)
    assert "password" not in json.dumps(arguments) and str(pair.blue_info.port) not in json.dumps(arguments)


def test_it_waits_for_a_green_that_stands_still_and_says_so(linked: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    pair, ctx, ends = linked
    monkeypatch.setattr(vigil, "PATIENCE", 0.1)
    monkeypatch.setattr(vigil, "BROKEN_LOOKS", 1_000_000)
    with ends.open("green", "test") as green:
        subscription.set_enabled(green, ends.names, "blue", False)

    async def wait() -> dict[str, Any]:
        waiting = asyncio.create_task(first_event(trigger(ctx, max_lag_seconds=0.05)))
        while not ctx.journal.events(ctx.run_id, kind="lag"):
            await asyncio.sleep(0.05)
            assert not waiting.done(), waiting.result()
        with ends.open("green", "test") as green:
            subscription.set_enabled(green, ends.names, "blue", True)
        pair.blue("INSERT INTO t VALUES (1, 'x')")
        monkeypatch.setattr(vigil, "PATIENCE", 20.0)
        return await waiting

    event = asyncio.run(asyncio.wait_for(wait(), 90))
    assert event["status"] == "ok" and event["worst_seconds"] > 0.05
    assert "waiting until it is under 0.05 s" in ctx.journal.events(ctx.run_id, kind="lag")[0].text


def test_a_flow_that_is_broken_for_good_ends_the_wait(linked: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    _, ctx, ends = linked
    monkeypatch.setattr(vigil, "PATIENCE", 0.1)
    unlink(ends)
    event = outcome(trigger(ctx))
    assert event["status"] == "error" and "blue has no slot any more" in event["message"] and event["fix"]


def test_a_change_that_green_refuses_ends_the_wait(linked: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    pair, ctx, _ = linked
    monkeypatch.setattr(vigil, "PATIENCE", 0.2)
    monkeypatch.setattr(vigil, "REFUSALS", 1)
    assert outcome(trigger(ctx))["status"] == "ok"
    pair.green("ALTER TABLE t ADD CONSTRAINT strict CHECK (v <> 'x')")
    pair.blue("INSERT INTO t VALUES (1, 'x')")
    event = outcome(trigger(ctx))
    assert event["status"] == "error" and "cannot be applied" in event["message"] and "log" in event["fix"]


def test_the_guard_ends_the_wait_before_blues_disk_is_full(linked: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    pair, ctx, ends = linked
    monkeypatch.setattr(vigil, "PATIENCE", 0.1)
    with ends.open("green", "test") as green, ends.open("blue", "test") as blue:
        subscription.set_enabled(green, ends.names, "blue", False)
        until(lambda: blue.execute("SELECT FROM pg_replication_slots WHERE active").rowcount == 0, "nobody reads")
    pair.blue("INSERT INTO t SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 120000) n")
    event = outcome(trigger(ctx))
    assert (
        event["status"] == "error" and event["message"].startswith("[BGR040]") and "roll the run back" in event["fix"]
    )


def test_ddl_on_blue_is_told_once_while_it_waits(linked: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    pair, ctx, _ = linked
    monkeypatch.setattr(vigil, "DDL_EVERY_SECONDS", -1.0)
    pair.blue("CREATE TABLE novel (id int PRIMARY KEY)")
    assert outcome(trigger(ctx))["status"] == "ok", "it forbids the cutover, not the wait"
    told = [e for e in ctx.journal.events(ctx.run_id, kind="message") if "novel" in e.text]
    assert len(told) == 1 and ":warning:" in told[0].text


def test_a_rollback_by_hand_ends_the_wait(linked: Linked) -> None:
    _, ctx, _ = linked
    ctx.journal.set_state(ctx.run_id, "rolling_back")
    event = outcome(trigger(ctx, stable_checks=1_000_000))
    assert event["status"] == "error" and "is rolling back" in event["message"] and event["fix"]


def test_a_side_that_is_away_is_waited_for_and_then_given_up(linked: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    pair, ctx, _ = linked
    monkeypatch.setitem(pair.infos, "shop_green", replace(pair.green_info, port=free_port()))
    looking = Vigil(ctx, max_seconds=20, steady=1)
    assert looking.look() is None and looking.looks == 0
    monkeypatch.setattr(vigil, "UNREACHABLE_SECONDS", -1.0)
    gone = looking.look()
    assert gone is not None and gone["status"] == "error" and "cannot be reached" in gone["message"]
    assert "fix" not in gone, "another try has a chance"
    monkeypatch.undo()


def test_a_connection_that_is_not_defined_is_an_answer(linked: Linked) -> None:
    from cutover.triggers.pair_lag import PairLagTrigger

    _, ctx, _ = linked
    event = outcome(PairLagTrigger(run_id=ctx.run_id, conn_ids=["shop", "nowhere"], max_lag_seconds=1.0))
    assert event["status"] == "error" and "'nowhere' is not defined" in event["message"] and event["fix"]
