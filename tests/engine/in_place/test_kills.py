"""A process that dies anywhere in a change in place: applications go on, and the next one brings it to its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cutover.connections import ConnectionInfo
from cutover.flags import Mode
from cutover.journal.store import Journal
from cutover.postgres import in_place
from support.connections import Connections
from support.dying import KILLED, child, goes_on
from support.in_place_runs import NAME, Application, InPlaceRun

pytestmark = [pytest.mark.engine, pytest.mark.slow]

STEPS = ["build", "write_both", "backfill", "shadow", "reads", "new_only"]
EARLY = ["in_place.build.table", "in_place.fill.batch", "in_place.complete.not_null", "in_place.complete.one"]
TURN = [
    "in_place.turn.both",
    "in_place.turn.moved",
    "in_place.turn.acknowledged",
    "in_place.turn.directed",
    "in_place.turn.renamed",
]
BACK = [*TURN, "in_place.roll_back.flag", "in_place.roll_back.name", "in_place.roll_back.table"]


@pytest.fixture
def run(
    tmp_path: Path, database: ConnectionInfo, journal: Journal, make_connection: Connections
) -> Iterator[InPlaceRun]:
    make_connection("shop", database)
    make_connection("cutover_journal", journal.info)
    made = InPlaceRun(tmp_path, database, journal)
    yield made
    made.close()


@pytest.fixture
def application(run: InPlaceRun) -> Iterator[Application]:
    made = Application(run, 10_000)
    made.start()
    yield made
    made.stop()


def whole(run: InPlaceRun, application: Application) -> None:
    goes_on(lambda: len(application.ordered))
    application.stop()
    run.kept([application])


@pytest.mark.parametrize("point", [*EARLY, *TURN])
def test_done_again(run: InPlaceRun, application: Application, point: str) -> None:
    assert child(run.ctx.run_id, *STEPS, die_at=point) == KILLED
    goes_on(lambda: len(application.ordered))
    assert child(run.ctx.run_id, *STEPS) == 0
    assert run.flags.get(NAME).mode is Mode.NEW_ONLY
    checks = in_place.watch(run.ctx)
    assert all(check["ok"] for check in checks), checks
    whole(run, application)


@pytest.mark.parametrize("point", [*EARLY, *TURN])
def test_taken_back(run: InPlaceRun, application: Application, point: str) -> None:
    assert child(run.ctx.run_id, *STEPS, die_at=point) == KILLED
    goes_on(lambda: len(application.ordered))
    in_place.roll_back(run.ctx)
    assert run.shape() == run.before and run.flags.get(NAME).mode is Mode.OLD_ONLY
    whole(run, application)


@pytest.mark.parametrize("point", BACK)
def test_killed_on_the_way_back(run: InPlaceRun, application: Application, point: str) -> None:
    for step in (in_place.build, in_place.write_both, in_place.backfill):
        step(run.ctx)
    assert child(run.ctx.run_id, *STEPS[3:]) == 0
    assert child(run.ctx.run_id, "roll_back", die_at=point) == KILLED
    goes_on(lambda: len(application.ordered))
    assert child(run.ctx.run_id, "roll_back") == 0
    assert run.shape() == run.before and run.flags.get(NAME).mode is Mode.OLD_ONLY
    whole(run, application)


def test_killed_while_it_is_finalized(run: InPlaceRun, application: Application) -> None:
    assert child(run.ctx.run_id, *STEPS) == 0
    assert child(run.ctx.run_id, "finalize", die_at="in_place.finalize.table") == KILLED
    goes_on(lambda: len(application.ordered))
    assert child(run.ctx.run_id, "finalize") == 0
    assert [row for row in run.shape() if row[0] in ("trigger", "schema")] == [] and not run.has("orders")
    whole(run, application)
