"""What comes between a cutover and its end: clients are brought back all the same, and are not held for longer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import psycopg
import pytest

from cutover import points
from cutover.errors import CutoverError
from cutover.postgres import blue_green
from cutover.postgres.blue_green.critical import StillHeld
from cutover.postgres.blue_green.crossing import leg_of
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName
from cutover.routing import RouterFailed
from localstack.throwaway import throwaway
from support.making import MakeLink
from support.pair_link import Clients, Link

pytestmark = pytest.mark.timeout(300)
At = Callable[[str, Callable[[], None]], None]


@pytest.fixture
def at() -> Iterator[At]:
    """Have something done when the cutover comes to a point, the first time only."""
    named: list[str] = []

    def register(point: str, handler: Callable[[], None]) -> None:
        def once() -> None:
            points.on(point, None)
            handler()

        named.append(point)
        points.on(point, once)

    yield register
    for point in named:
        points.on(point, None)


def fail(error: Exception) -> Callable[[], None]:
    def handler() -> None:
        raise error

    return handler


def served_by_blue(link: Link, clients: Clients) -> None:
    clients.await_commits(20, seconds=20)
    assert link.leads_to() == "blue"
    assert (link.writable("blue"), link.writable("green")) == (True, False)
    assert blue_green.cut_over(link.ctx)["attempts"] == 1
    clients.await_commits(20, seconds=20)


def test_blue_comes_back_between_two_looks(make_link: MakeLink, at: At) -> None:
    """Nobody could ask it whether it was closed; it was not, and the attempt is nobody else's."""
    with throwaway(16) as blue, throwaway(18) as green:
        link = make_link(blue, green)
        at("bg.cutover.paused", lambda: blue.stop("immediate"))
        at("bg.recovery.looked", lambda: blue.start() and None)
        with Clients(link, count=2) as clients:
            with pytest.raises(psycopg.OperationalError):
                blue_green.cut_over(link.ctx)
            served_by_blue(link, clients)
        assert clients.failed == []
        clients.check(link, "green")


@pytest.mark.parametrize("point", ["bg.cutover.paused", "bg.cutover.before_decision"])
def test_the_router_is_away_for_a_moment_when_clients_are_to_go_on(link: Link, at: At, point: str) -> None:
    at(point, fail(CutoverError("something is wrong")))
    at("bg.cutover.pointed", fail(RouterFailed("the network is away")))
    with Clients(link, count=2) as clients:
        with pytest.raises(CutoverError, match="something is wrong"):
            blue_green.cut_over(link.ctx)
        served_by_blue(link, clients)
    assert clients.failed == []
    clients.check(link, "green")


def test_blue_cannot_be_opened_for_longer_than_the_step_waits(link: Link, at: At) -> None:
    """A VACUUM that began behind the fence, say. The attempt keeps its name, so that the watchdog can go on."""
    with psycopg.connect(link.info("blue").conninfo()) as vacuum, Clients(link, count=2) as clients:
        let_go = threading.Timer(12, vacuum.rollback)

        def lock() -> None:
            vacuum.execute("LOCK TABLE entry IN SHARE UPDATE EXCLUSIVE MODE")
            let_go.start()
            raise CutoverError("something is wrong")

        at("bg.cutover.before_decision", lock)
        with pytest.raises(StillHeld, match=r"something is wrong; and clients .* not be brought back yet: .*timeout"):
            blue_green.cut_over(link.ctx)
        let_go.join()
        served_by_blue(link, clients)
    assert clients.failed == []
    clients.check(link, "green")


def test_the_way_back_waits_for_nobody_elses_record(link: Link, at: At) -> None:
    """Green's WAL is flushed up to the middle of a record, and nobody is going to flush the rest."""
    with psycopg.connect(link.info("green").conninfo()) as other, Clients(link, count=2) as clients:

        def leave_half_flushed() -> None:
            other.execute("SET synchronous_commit = off")
            other.execute("SELECT pg_logical_emit_message(false, 'test', repeat('x', 20000000))")

        at("bg.cutover.before_decision", leave_half_flushed)
        done = blue_green.cut_over(link.ctx)
        other.rollback()
        assert done["parts_ms"]["way back"] < 2000, done
        clients.await_commits(20)
    assert clients.failed == []
    clients.check(link, "green")


def test_what_a_cutover_commits_has_reached_the_disk_whatever_is_the_default(link: Link) -> None:
    """A decision that a crash could undo, with clients on the other side, would be two live sides."""
    ends = Ends.of(link.ctx)
    sides: tuple[SideName, ...] = ("blue", "green")
    for side in sides:
        link.sql(side, f"ALTER DATABASE {link.info(side).dbname} SET synchronous_commit = off")
        assert link.one(side, "SHOW synchronous_commit") == "off"
        with leg_of(ends, "blue").open(side) as db:
            assert db.execute("SHOW synchronous_commit").fetchone() == ("on",)
