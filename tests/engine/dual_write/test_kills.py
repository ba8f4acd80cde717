"""A process that dies anywhere in a change of shape: applications go on, and the next one brings it to its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cutover.connections import ConnectionInfo
from cutover.flags import Mode
from cutover.journal.store import Journal
from cutover.postgres import dual_write
from support import dying
from support.connections import Connections
from support.dual_runs import NAME, Application, DualRun
from support.dying import KILLED

pytestmark = [pytest.mark.engine, pytest.mark.slow]

STEPS = ["build", "write_both", "backfill", "shadow", "reads", "new_only"]
POINTS = [
    "dual.build.up",
    "dual.build.armed",
    "dual.enable.moved",
    "dual.fill.batch",
    "dual.turn.held",
    "dual.turn.quiet",
    "dual.turn.turned",
    "dual.turn.acknowledged",
    "dual.turn.fenced",
]
BACK = [
    "dual.turn.held",
    "dual.turn.quiet",
    "dual.turn.turned",
    "dual.turn.acknowledged",
    "dual.roll_back.turned",
    "dual.roll_back.dual_write_read_old",
    "dual.roll_back.old_only",
    "dual.roll_back.flag",
    "dual.roll_back.left",
]


@pytest.fixture
def run(tmp_path: Path, database: ConnectionInfo, journal: Journal, make_connection: Connections) -> Iterator[DualRun]:
    make_connection("shop", database)
    make_connection("cutover_journal", journal.info)
    made = DualRun(tmp_path, database, journal, cutover={"max_pause": "1s"})
    yield made
    made.close()


@pytest.fixture
def application(run: DualRun) -> Iterator[Application]:
    made = Application(run, 1000)
    made.start()
    yield made
    made.stop()


def child(run: DualRun, *steps: str, die_at: str | None = None) -> int:
    return dying.child(run.ctx.run_id, *steps, die_at=die_at)


def goes_on(application: Application) -> None:
    """The application writes something from now on, within the hold that nobody ended."""
    dying.goes_on(lambda: len(application.notes))


def whole(run: DualRun, application: Application, side: str) -> None:
    application.stop()
    assert application.failed == []
    table = {"old": "admins", "new": "accounts"}[side]
    emails = dict(run.sql(f"SELECT id, email FROM {table}"))
    assert {admin: emails.get(admin) for admin in application.written} == application.written
    notes = {"old": "SELECT id FROM notices", "new": "SELECT ref::bigint FROM messages WHERE kind = 'notice'"}[side]
    assert application.notes <= {row[0] for row in run.sql(notes)}


@pytest.mark.parametrize("point", POINTS)
def test_done_again(run: DualRun, application: Application, point: str) -> None:
    assert child(run, *STEPS, die_at=point) == KILLED
    goes_on(application)
    assert child(run, *STEPS) == 0
    assert run.flags.get(NAME).mode is Mode.NEW_ONLY
    checks = dual_write.watch(run.ctx)
    assert all(check["ok"] for check in checks), checks
    whole(run, application, "new")
    whole(run, application, "old")


@pytest.mark.parametrize("point", POINTS)
def test_taken_back(run: DualRun, application: Application, point: str) -> None:
    assert child(run, *STEPS, die_at=point) == KILLED
    goes_on(application)
    dual_write.roll_back(run.ctx)
    assert run.left() == [] and run.flags.get(NAME).mode is Mode.OLD_ONLY
    goes_on(application)
    whole(run, application, "old")


@pytest.mark.parametrize("point", BACK)
def test_killed_on_the_way_back(run: DualRun, application: Application, point: str) -> None:
    assert child(run, *STEPS) == 0
    goes_on(application)
    assert child(run, "roll_back", die_at=point) == KILLED
    goes_on(application)
    assert child(run, "roll_back") == 0
    assert run.left() == [] and run.flags.get(NAME).mode is Mode.OLD_ONLY
    goes_on(application)
    whole(run, application, "old")


def test_killed_while_it_is_finalized(run: DualRun, application: Application) -> None:
    assert child(run, *STEPS) == 0
    assert child(run, "finalize", die_at="dual.finalize.left") == KILLED
    goes_on(application)
    assert child(run, "finalize") == 0
    assert [row for row in run.left() if row[0] not in ("accounts", "messages")] == []
    whole(run, application, "new")
