"""The process dies anywhere: done again it converges. One side at most takes writes."""

from __future__ import annotations

import signal

import pytest

from cutover.postgres import stop_the_world
from support.making import MakeStage
from support.pair_link import Clients
from support.window_dying import OPENING, POINTS, STEPS, at_most_one_side_is_writable, make, run

pytestmark = pytest.mark.timeout(300)


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
