"""The process dies on the way back: done again it converges."""

from __future__ import annotations

import signal

import pytest

from support.making import MakeStage
from support.window_dying import at_most_one_side_is_writable, make, run

pytestmark = pytest.mark.timeout(300)
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
