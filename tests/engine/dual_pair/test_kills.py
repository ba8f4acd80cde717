"""The process that changes sides dies, or hangs, anywhere: applications go on by themselves, where live is."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from cutover import points
from cutover.flags import Mode
from cutover.postgres import dual_pair
from support import children
from support.flag_link import FlagClients, FlagLink

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(300)]
WAIT = 120
THERE = {
    "bg.cutover.paused": "blue",
    "bg.cutover.fenced": "blue",
    "bg.cutover.before_decision": "blue",
    "bg.cutover.decided": "green",
    "bg.cutover.pointed": "green",
}
BACK = {point: "green" if side == "blue" else "blue" for point, side in THERE.items()}
FLAG_BACK = ["dual.roll_back.dual_write_read_old", "dual.roll_back.flag", "bg.remove.part"]


def child(link: FlagLink, *steps: str, **more: str) -> children.Child:
    return children.start("support.flag_child", link.ctx.run_id, *steps, environment={**os.environ, **more})


def die(link: FlagLink, step: str, point: str) -> None:
    assert child(link, step, **{points.VARIABLE: point}).wait(WAIT) == -signal.SIGKILL


def live(link: FlagLink, side: str) -> None:
    """Applications are led to ``side``, which alone takes writes."""
    assert link.leads_to() == side
    assert {each: link.writable(each) for each in ("blue", "green")} == {  # type: ignore[arg-type]
        each: each == side for each in ("blue", "green")
    }


def as_before(link: FlagLink) -> None:
    assert link.leftovers("blue") == [] and link.leftovers("green") == []
    assert link.flag().mode is Mode.OLD_ONLY and link.leads_to() == "blue"
    assert link.writable("blue")


@pytest.mark.parametrize("point", THERE)
def test_killed_on_the_way_there_and_done_again(link: FlagLink, point: str) -> None:
    with FlagClients(link) as clients:
        die(link, "new_only", point)
        clients.await_commits(30, seconds=20)
        live(link, THERE[point])
        assert child(link, "new_only").wait(WAIT) == 0
        clients.await_commits(30)
        live(link, "green")
        assert all(check["ok"] for check in dual_pair.watch(link.ctx))
    clients.check(link, "green")
    assert link.rows("blue") == link.rows("green")


@pytest.mark.parametrize("point", ["bg.cutover.fenced", "bg.cutover.pointed"])
def test_killed_on_the_way_there_and_taken_back(link: FlagLink, point: str) -> None:
    with FlagClients(link) as clients:
        die(link, "new_only", point)
        clients.await_commits(30, seconds=20)
        done = dual_pair.roll_back(link.ctx)
        clients.await_commits(30)
    assert done["was_swapped"] == (THERE[point] == "green")
    clients.check(link, "blue")
    as_before(link)


@pytest.mark.parametrize("point", [*BACK, *FLAG_BACK])
def test_killed_on_the_way_back(link: FlagLink, point: str) -> None:
    with FlagClients(link) as clients:
        dual_pair.new_only(link.ctx)
        clients.await_commits(30)
        die(link, "roll_back", point)
        clients.await_commits(30, seconds=20)
        if point in BACK:
            live(link, BACK[point])
        assert child(link, "roll_back").wait(WAIT) == 0
        clients.await_commits(30)
    clients.check(link, "blue")
    as_before(link)


def stopped(link: FlagLink, point: str) -> children.Child:
    process, ends = child(link, "new_only", **{points.STOP: point}), time.monotonic() + WAIT
    while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < ends and process.poll() is None, "it never came to the point"
        time.sleep(0.01)
    return process


def test_one_that_hangs_is_overtaken_and_can_do_no_harm_when_it_wakes(link: FlagLink) -> None:
    with FlagClients(link) as clients:
        hanging = stopped(link, "bg.cutover.fenced")
        try:
            clients.await_commits(30, seconds=30)
            live(link, "blue")
        finally:
            hanging.send_signal(signal.SIGCONT)
        # It finds that it was overtaken and ends, or was so early that it may make another attempt of its own.
        live(link, "green" if hanging.wait(WAIT) == 0 else "blue")
        dual_pair.new_only(link.ctx)
        clients.await_commits(30)
    clients.check(link, "green")


@pytest.mark.parametrize(("point", "side"), [("bg.cutover.fenced", "blue"), ("bg.cutover.decided", "green")])
def test_when_the_watchdog_dies_as_well_the_next_look_settles_it(link: FlagLink, point: str, side: str) -> None:
    with FlagClients(link) as clients:
        dying = stopped(link, point)
        for pid in [*started_by(dying.pid), dying.pid]:
            os.kill(pid, signal.SIGKILL)
        assert dying.wait(WAIT) == -signal.SIGKILL
        assert link.leads_to().startswith("paused") and link.flag().held_for > 60, "held until somebody looks"
        assert dual_pair.keep_in_step(link.ctx)["live"] == side
        clients.await_commits(30)
        live(link, side)
    clients.check(link, side)  # type: ignore[arg-type]


def started_by(pid: int) -> list[int]:
    return [int(each) for file in Path(f"/proc/{pid}/task").glob("*/children") for each in file.read_text().split()]
