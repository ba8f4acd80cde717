"""The process dies anywhere, or hangs and wakes up too late: the way back converges."""

from __future__ import annotations

import signal

import pytest

from cutover import points
from support.making import MakeStage
from support.pair_link import Clients
from support.window_dying import ENDED, POINTS, STEPS, WAIT, await_stopped, make, run, start

pytestmark = pytest.mark.timeout(300)


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
