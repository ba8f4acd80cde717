"""The process dies anywhere: done again it converges, and so does the way back. One side at most takes writes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cutover import points
from cutover.postgres import stop_the_world
from localstack.places import ROOT
from support.pair_link import Clients
from support.window_stage import Stage

from .conftest import MakeStage

pytestmark = pytest.mark.timeout(300)
WAIT = 180
STEPS = {"across": ["close", "migrate", "open_doors"], "in_place": ["close", "save", "migrate", "open_doors"]}
CLOSING = [
    "stw.prepare.made",
    "stw.prepare.fenced",
    "stw.close.begun",
    "stw.close.drained",
    "stw.close.fenced",
    "stw.close.closed",
]
OPENING = ["stw.open.decided", "stw.gate.pointed", "stw.open.led"]
FILLING = [
    "stw.migrate.snapshot",
    "bg.copy.part",
    "stw.migrate.rows",
    "stw.migrate.copied",
    "bg.index.dumped",
    "stw.migrate.post_data",
    "stw.migrate.analyzed",
    "stw.migrate.done",
    "stw.open.deciding",
]
IN_PLACE = [
    "backup.manifest",
    "stw.save.taken",
    "stw.migrate.lowered",
    "stw.migrate.ran",
    "stw.migrate.committing",
    "stw.migrate.committed",
]
ENDED = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE starts_with(application_name, 'cutover/{}')"
POINTS = [*(("across", point) for point in [*CLOSING, *FILLING, *OPENING])]
POINTS += [("in_place", point) for point in [*CLOSING[2:], *IN_PLACE, *OPENING]]
GOING_BACK = [
    "stw.go_back.shut",
    "stw.go_back.kept",
    "stw.roll_back.decided",
    "stw.reopen.given",
    "stw.gate.pointed",
    "stw.roll_back.opened",
    "bg.remove.part",
    "stw.roll_back.removed",
]
RESTORING = [
    "stw.close.fenced",
    "stw.restore.shut",
    "stw.restore.kept",
    "stw.restore.made",
    "stw.restore.filled",
    "stw.restore.complete",
    "stw.swap.renaming",
    "stw.restore.swapped",
    "stw.reopen.given",
    "stw.roll_back.opened",
    "stw.restore.dropped",
    "stw.roll_back.removed",
]


def make(make_stage: MakeStage, request: pytest.FixtureRequest, form: str) -> Stage:
    old, new = request.getfixturevalue("pg16"), request.getfixturevalue("pg18")
    return make_stage(old, new) if form == "across" else make_stage(new, None)


def run(stage: Stage, *steps: str, die_at: str | None = None) -> int:
    return start(stage, *steps, **({points.VARIABLE: die_at} if die_at else {})).wait(WAIT)


def start(stage: Stage, *steps: str, **more: str) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(str(ROOT / name) for name in ("plugins", "bin", "tests"))
    environment = {**os.environ, "PYTHONPATH": path, **more}
    store = stage.vault.store.folder  # type: ignore[attr-defined]
    command = [sys.executable, "-m", "support.window_child", stage.ctx.run_id, str(store), *steps]
    return subprocess.Popen(command, env=environment)


def await_stopped(process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + WAIT
    while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < ends and process.poll() is None, "it never came to the point"
        time.sleep(0.01)


def at_most_one_side_is_writable(stage: Stage) -> None:
    sides = ["blue", *(["green"] if stage.across and stage.green_is_there() else [])]
    tables = "SELECT count(*) FROM pg_tables WHERE (schemaname, tablename) = ('public', 'account')"
    there = [side for side in sides if stage.one(side, tables)]  # type: ignore[arg-type]
    # While green is filled nobody is led there, and its fence comes with the indexes.
    done = stop_the_world.status(stage.ctx)["sides"].get("green", {}).get("phase") in ("indexed", None)
    assert sum(stage.writable(side) for side in there if side == "blue" or done) <= 1  # type: ignore[arg-type]


@pytest.mark.parametrize(("form", "point"), POINTS)
def test_killed_and_done_again(make_stage: MakeStage, request: pytest.FixtureRequest, form: str, point: str) -> None:
    stage = make(make_stage, request, form)
    with Clients(stage) as clients:
        assert run(stage, *STEPS[form], die_at=point) == -signal.SIGKILL
        at_most_one_side_is_writable(stage)
        done = stop_the_world.status(stage.ctx)["downtime"]
        steps = [step for step in STEPS[form] if step == "open_doors"] if point in OPENING else STEPS[form]
        assert run(stage, *steps) == 0
        clients.await_commits(30)
        assert done is None or done == stop_the_world.status(stage.ctx)["downtime"]
    assert clients.failed == []
    clients.check(stage, stage.new)
    assert stage.leads_to() == stage.new
    assert stage.writable(stage.new)
    assert [check for check in stop_the_world.watch(stage.ctx) if not check["ok"]] == []


@pytest.mark.parametrize(("form", "point"), POINTS)
def test_killed_and_taken_back(make_stage: MakeStage, request: pytest.FixtureRequest, form: str, point: str) -> None:
    stage = make(make_stage, request, form)
    before = stage.fingerprint()
    assert run(stage, *STEPS[form], die_at=point) == -signal.SIGKILL
    assert run(stage, "roll_back") == 0
    assert stage.leads_to() == "blue"
    assert stage.fingerprint() == before
    with Clients(stage) as clients:
        clients.await_commits(10)
    assert clients.failed == []
    assert stage.left() == []


@pytest.mark.parametrize("point", ["stw.close.begun", "stw.close.fenced", "stw.open.deciding"])
def test_one_that_hangs_can_do_no_harm_when_it_wakes(
    make_stage: MakeStage, request: pytest.FixtureRequest, point: str
) -> None:
    stage = make(make_stage, request, "across")
    before = stage.fingerprint()
    hanging = start(stage, *STEPS["across"], **{points.STOP: point})
    try:
        await_stopped(hanging)
        for side in ("blue", "green"):
            if side == "blue" or stage.green_is_there():
                stage.sql(side, ENDED.format(stage.ctx.run_id))  # type: ignore[arg-type]
        with stage.blue.connect() as db:
            db.execute(ENDED.format(stage.ctx.run_id).encode())
        assert run(stage, "roll_back") == 0
        assert stage.leads_to() == "blue"
    finally:
        hanging.send_signal(signal.SIGCONT)
    assert hanging.wait(WAIT) not in (0, -signal.SIGKILL)
    assert stage.leads_to() == "blue"
    assert stage.fingerprint() == before
    assert stage.writable("blue")
    assert stage.left() == []


@pytest.mark.parametrize(
    ("form", "point"), [*(("across", p) for p in GOING_BACK), *(("in_place", p) for p in RESTORING)]
)
def test_killed_on_the_way_back(make_stage: MakeStage, request: pytest.FixtureRequest, form: str, point: str) -> None:
    stage = make(make_stage, request, form)
    before = stage.fingerprint()
    stage.forward()
    assert run(stage, "roll_back", die_at=point) == -signal.SIGKILL
    at_most_one_side_is_writable(stage)
    assert run(stage, "roll_back") == 0
    assert stage.leads_to() == "blue"
    assert stage.fingerprint() == before
    assert stage.writable("blue")
    assert stage.left() == []
