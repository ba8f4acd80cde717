"""A look as a whole: nothing hides anything, nothing lasts for ever, and an operator can stop it."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cutover.cli.main import main
from cutover.context import CancelToken, RunContext
from cutover.errors import Cancelled
from cutover.journal.check import Check
from cutover.observing import Look, looks, verdicts
from cutover.observing.looking import look
from cutover.observing.subject import Subject
from cutover.observing.together import Work, together
from localstack.ports import free_port
from support.connections import Connections
from support.listener import always, listening
from support.online_world import World
from support.pair_world import until

from .conftest import Begin, subject

pytestmark = pytest.mark.engine
ENDLESS = "SELECT count(*) FROM pg_sleep(60)"
AT_IT = f"SELECT count(*) FROM pg_stat_activity WHERE query = '{ENDLESS}' AND state = 'active'"
OWN = [{"name": "endless", "query": "own.sql", "above": 1}]


def by_code(found: Look) -> dict[str, Check]:
    return {check.code: check for check in found.checks}


def test_a_live_side_that_is_away_is_over_and_nothing_else_is_waited_for(world: World, begin: Begin) -> None:
    with listening(always(200)) as listener:
        ctx = begin(probes=[{"name": "up", "url": f"{listener.url}/health"}])
        away = replace(world.info, port=free_port())
        found = look(replace(ctx, resolve=lambda _: away))
    checks = by_code(found)
    assert list(checks) == ["OBSERVE_UP", "OBSERVE_PROBE"], "the application is asked all the same"
    assert verdicts.state(checks["OBSERVE_UP"]) == "over" and "cannot connect" in checks["OBSERVE_UP"].summary
    assert checks["OBSERVE_PROBE"].ok and not found.counted and found.seconds < 10


def test_what_fails_is_told_in_its_own_place(begin: Begin) -> None:
    """Nothing of the run is in the database, and somebody's query is wrong; everything else can be looked at."""
    ctx = begin({"own.sql": "SELECT 1 / 0"}, queries=[{"name": "broken", "query": "own.sql", "above": 1}])
    found = look(ctx)
    states = {code: verdicts.state(check) for code, check in by_code(found).items()}
    assert states["OBSERVE_WAY_BACK"] == "over" and by_code(found)["OBSERVE_WAY_BACK"].figures["harmful"]
    assert states["OBSERVE_OWN"] == "unknown" and "division by zero" in by_code(found)["OBSERVE_OWN"].summary
    assert states["OBSERVE_CONNECTIONS"] == states["OBSERVE_ERRORS"] == states["OBSERVE_INVALID"] == "fine"
    assert Look.from_dict(found.as_dict()) == replace(found, seconds=round(found.seconds, 3))


def test_what_takes_too_long_is_stopped_on_the_server(world: World, begin: Begin) -> None:
    ctx = begin({"own.sql": ENDLESS}, queries=OWN, patience="1s")
    began = time.monotonic()
    found = look(ctx, counting=False)
    assert time.monotonic() - began < 20
    endless = by_code(found)["OBSERVE_OWN"]
    assert verdicts.state(endless) == "unknown" and endless.object == "endless"
    assert by_code(found)["OBSERVE_CONNECTIONS"].ok
    until(lambda: world.one(AT_IT) == 0, "nothing of it is left on the server")


def test_an_operator_stops_it(world: World, begin: Begin) -> None:
    ctx = begin({"own.sql": ENDLESS}, queries=OWN)

    def stop() -> None:
        until(lambda: world.one(AT_IT), "it runs")
        ctx.cancel.cancel()

    stopper = threading.Thread(target=stop)
    stopper.start()
    with pytest.raises(Cancelled):
        look(ctx, counting=False)
    stopper.join()
    until(lambda: world.one(AT_IT) == 0, "nothing of it is left on the server")


def test_one_that_does_not_come_back_is_left_to_itself(begin: Begin) -> None:
    ctx, never = begin(patience="1s"), threading.Event()

    def stuck(ctx: RunContext, of: Subject) -> Iterator[Check]:
        yield verdicts.found("OBSERVE_WAY_BACK", True, "follows")
        never.wait(30)

    def quick(ctx: RunContext, of: Subject) -> Iterator[Check]:
        yield verdicts.found("OBSERVE_UP", True, "answers")

    works = [Work(("OBSERVE_WAY_BACK", "OBSERVE_LAG"), stuck), Work(("OBSERVE_UP",), quick)]
    found = together(ctx, subject(ctx), works)
    never.set()
    assert [(check.code, verdicts.state(check)) for check in found] == [
        ("OBSERVE_WAY_BACK", "fine"),
        ("OBSERVE_LAG", "unknown"),
        ("OBSERVE_UP", "fine"),
    ]


def test_probes_count_as_checks(begin: Begin) -> None:
    good, bad = [sys.executable, "-c", "pass"], [sys.executable, "-c", "print('no orders'); raise SystemExit(3)"]
    with listening(always(503)) as listener:
        ctx = begin(
            probes=[
                {"name": "smoke", "command": good},
                {"name": "orders", "command": bad},
                {"name": "page", "url": f"{listener.url}/health"},
                {"name": "page that is down", "url": f"{listener.url}/health", "expect": 503},
                {"name": "not installed", "command": ["no_such_program"]},
            ]
        )
        found = look(ctx, counting=False)
    probes = {check.object: check for check in found.checks if check.code == "OBSERVE_PROBE"}
    assert {name: verdicts.state(check) for name, check in probes.items()} == {
        "smoke": "fine",
        "orders": "over",
        "page": "over",
        "page that is down": "fine",
        "not installed": "unknown",  # that says nothing of the application
    }
    assert probes["orders"].figures["said"] == "no orders" and "503 instead of 200" in probes["page"].summary


def test_looks_are_kept_and_found_again(begin: Begin) -> None:
    ctx = begin()
    first = look(ctx)
    looks.keep(ctx.journal, ctx.run_id, first)
    second = look(ctx, [first], counting=False)
    looks.keep(ctx.journal, ctx.run_id, second)
    found = looks.read(ctx.journal, ctx.run_id, ctx.spec.observe)
    assert [one.at for one in found] == [first.at, second.at] and [one.counted for one in found] == [True, False]
    assert {check.code for check in ctx.journal.checks(ctx.run_id)} >= {"OBSERVE_UP", "OBSERVE_CONNECTIONS"}


def test_who_was_stopped_before_looks_at_nothing(begin: Begin) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        look(replace(begin(), cancel=token))


def test_the_command(
    world: World, begin: Begin, make_connection: Connections, capsys: pytest.CaptureFixture[str]
) -> None:
    make_connection("shop", world.info)
    make_connection("cutover_journal", world.journal.info)
    ctx = begin(thresholds={"connections_percent": 0})
    assert main(["observe", ctx.run_id]) == 2
    assert "OBS001" in capsys.readouterr().err, "it has not cut over"
    ctx.journal.set_state(ctx.run_id, "window")
    assert main(["observe", ctx.run_id, "--no-counts"]) == 1
    said = capsys.readouterr().out
    assert "OVER  connections" in said and "ok    error rate" in said and "over their limits." in said
    assert main(["observe", ctx.run_id, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["run"] == ctx.run_id and {check["code"] for check in told["checks"]} >= {"OBSERVE_UP", "OBSERVE_LOCKS"}
    assert ctx.journal.samples(ctx.run_id) == [], "nothing follows from it"
