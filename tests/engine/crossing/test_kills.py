"""The cutover's process dies, or hangs, anywhere: clients go on by themselves, and one side at most takes writes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from cutover import points
from cutover.postgres import blue_green
from support import children
from support.pair_link import Clients, Link

pytestmark = pytest.mark.timeout(300)
WAIT = 120
BEFORE = [
    "bg.way_back.prepared",
    "bg.cutover.paused",
    "bg.cutover.fencing",
    "bg.cutover.fenced",
    "bg.cutover.before_decision",
    "bg.cutover.deciding",
]
AFTER = [
    "bg.cutover.decided",
    "bg.cutover.pointed",
    "bg.cutover.resumed",
    "bg.cut_over.crossed",
    "bg.way_back.open",
]


def child(link: Link, *steps: str, **more: str) -> children.Child:
    return children.start("support.pair_child", link.ctx.run_id, *steps, environment={**os.environ, **more})


def started_by(pid: int) -> list[int]:
    return [int(each) for file in Path(f"/proc/{pid}/task").glob("*/children") for each in file.read_text().split()]


def await_stopped(process: children.Child) -> None:
    ends = time.monotonic() + WAIT
    while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < ends and process.poll() is None, "it never came to the point"
        time.sleep(0.01)


def one_side_is_writable(link: Link, side: str) -> None:
    """The fence of the side that loses goes up before the other's comes down, so a moment with none is fine."""
    assert {each: link.writable(each) for each in ("blue", "green")} == {  # type: ignore[arg-type]
        each: each == side for each in ("blue", "green")
    }


@pytest.mark.parametrize("point", BEFORE)
def test_killed_before_the_decision(link: Link, point: str) -> None:
    with Clients(link) as clients:
        assert child(link, "cut_over", **{points.VARIABLE: point}).wait(WAIT) == -signal.SIGKILL
        clients.await_commits(30, seconds=15)
        assert link.leads_to() == "blue"
        one_side_is_writable(link, "blue")
        assert child(link, "cut_over").wait(WAIT) == 0
        clients.await_commits(30)
    one_side_is_writable(link, "green")
    assert clients.failed == []
    clients.check(link, "green")


@pytest.mark.parametrize("point", AFTER)
def test_killed_after_the_decision(link: Link, point: str) -> None:
    with Clients(link) as clients:
        assert child(link, "cut_over", **{points.VARIABLE: point}).wait(WAIT) == -signal.SIGKILL
        clients.await_commits(30, seconds=15)
        assert link.leads_to() == "green"
        one_side_is_writable(link, "green")
        assert child(link, "cut_over").wait(WAIT) == 0
        clients.await_commits(30)
    assert clients.failed == []
    clients.check(link, "green")
    assert all(check["ok"] for check in blue_green.watch(link.ctx))
    assert link.rows("blue") == link.rows("green")


@pytest.mark.parametrize("point", ["paused", "fencing", "fenced", "before_decision"])
def test_a_process_that_hangs_is_overtaken_and_can_do_no_harm_when_it_wakes(link: Link, point: str) -> None:
    with Clients(link) as clients:
        hanging = child(link, "cut_over", **{points.STOP: f"bg.cutover.{point}"})
        try:
            await_stopped(hanging)
            clients.await_commits(30, seconds=30)
            one_side_is_writable(link, "blue")
        finally:
            hanging.send_signal(signal.SIGCONT)
        # It finds that it was overtaken and ends, or was so early that it may make another attempt of its own.
        side = "green" if hanging.wait(WAIT) == 0 else "blue"
        assert link.leads_to() == side
        one_side_is_writable(link, side)
        clients.await_commits(30)
        blue_green.cut_over(link.ctx)
        clients.await_commits(30)
    assert clients.failed == []
    clients.check(link, "green")


@pytest.mark.parametrize(
    ("point", "side"), [("bg.cutover.paused", "blue"), ("bg.cutover.fenced", "blue"), ("bg.cutover.decided", "green")]
)
def test_when_the_watchdog_dies_as_well_the_next_look_settles_it(link: Link, point: str, side: str) -> None:
    with Clients(link) as clients:
        dying = child(link, "cut_over", **{points.STOP: point})
        await_stopped(dying)
        lines = [Path(f"/proc/{pid}/cmdline").read_text() for pid in started_by(dying.pid)]
        assert lines, "a watchdog stands by"
        assert not any(link.blue.password in line or "admin" in line for line in lines), "everybody can read them"
        for pid in [*started_by(dying.pid), dying.pid]:
            os.kill(pid, signal.SIGKILL)
        assert dying.wait(WAIT) == -signal.SIGKILL
        assert link.leads_to().startswith("paused"), "nobody is left to let clients go on"
        assert blue_green.keep_in_step(link.ctx)["live"] == side
        clients.await_commits(30)
        assert link.leads_to() == side
        one_side_is_writable(link, side)
    assert clients.failed == []
    clients.check(link, side)  # type: ignore[arg-type]
