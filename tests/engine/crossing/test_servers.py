"""A server, or the pooler, is killed in the middle of a cutover, and its service starts it again a second later."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator

import psycopg
import pytest

from cutover import points
from cutover.errors import CutoverError
from cutover.postgres import blue_green
from localstack.health import wait_until
from localstack.throwaway import throwaway
from support.making import MakeLink
from support.pair_link import Clients, Link

pytestmark = pytest.mark.timeout(300)
DOWN_SECONDS = 1.0
POINTS = ["paused", "fencing", "fenced", "before_decision", "deciding", "decided", "resumed"]


@pytest.fixture
def link(make_link: MakeLink) -> Iterator[Link]:
    """A pair whose servers are nobody else's."""
    with throwaway(16) as blue, throwaway(18) as green:
        yield make_link(blue, green)


class Service:
    """What a service manager does: starts again what has died."""

    def __init__(self, stop: Callable[[], None], start: Callable[[], object]) -> None:
        self._stop, self._start = stop, start
        self._timer = threading.Timer(DOWN_SECONDS, start)
        self.struck = False

    def strike(self) -> None:
        if not self.struck:
            self.struck = True
            self._stop()
            self._timer.start()

    def await_restarted(self) -> None:
        if self.struck:
            self._timer.join()


def server(link: Link, name: str) -> Service:
    if name == "pooler":
        return Service(lambda: os.kill(link.process.pid, signal.SIGKILL), lambda: restart_pooler(link))
    cluster = link.blue if name == "blue" else link.green
    return Service(lambda: cluster.stop("immediate"), cluster.start)


def restart_pooler(link: Link) -> None:
    link.process = link.pooler.run()
    wait_until(link.pooler.answers, link.process, seconds=10)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("name", ["blue", "green", "pooler"])
def test_killed_in_the_middle(link: Link, name: str, point: str) -> None:
    service = server(link, name)
    points.on(f"bg.cutover.{point}", service.strike)
    try:
        with Clients(link) as clients:
            with contextlib.suppress(CutoverError, psycopg.OperationalError):
                blue_green.cut_over(link.ctx)
            assert service.struck
            service.await_restarted()
            clients.await_commits(30, seconds=20)
            writable = [side for side in ("blue", "green") if link.writable(side)]  # type: ignore[arg-type]
            assert writable == [link.leads_to()]
            blue_green.cut_over(link.ctx)
            clients.await_commits(30)
            assert link.leads_to() == "green"
            assert (link.writable("blue"), link.writable("green")) == (False, True)
    finally:
        points.on(f"bg.cutover.{point}", None)
        service.await_restarted()  # or it would be started behind the fixtures' backs
    clients.check(link, "green")
    assert all(check["ok"] for check in blue_green.watch(link.ctx))
    assert link.rows("blue") == link.rows("green")
