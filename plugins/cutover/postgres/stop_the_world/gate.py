"""What the router does in a window: it holds clients, or turns them away; and lets them go on at the right side."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg

from cutover import points
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.stop_the_world.errors import NotReady
from cutover.routing import Doorkeeper, Place, open_router

# A transaction whose session was ended lets go within this time.
AFTER_DRAIN = 20.0
SERVED_WITHIN = 10.0
LOOK = 0.01
# Opening has to succeed in the end: a router that is away just now is asked again for so long.
PATIENCE = 30.0


@contextlib.contextmanager
def router(ends: Ends) -> Iterator[Doorkeeper | None]:
    """Yield the router; None where the spec names none: then the fence alone closes the doors."""
    if ends.ctx.spec.router is None:
        yield None
        return
    with contextlib.closing(open_router(ends.router_info, ends.ctx.run_id)) as found:
        yield found


def refuse_unready(ends: Ends, side: SideName) -> None:
    """Look, before anything is closed, whether the router leads to ``side`` and can do what will be asked of it.

    :raises RouterFailed: it does not answer, or could not be turned. :raises NotReady: it leads elsewhere.
    """
    with router(ends) as found:
        if found is None:
            return
        found.refuse_unready()
        wanted, place = Place.of(ends.info(side)), found.where()
    if place != wanted:
        raise NotReady(
            f"the router {ends.router_info.conn_id!r} leads to {place}, not to {wanted}, which is live.",
            fix="lead it there, or correct the connections: their cutover extras router_host and router_port say where"
            " the router finds a database.",
        )


@dataclass(slots=True)
class Closing:
    """The router closes in a thread of its own: it waits for transactions, which somebody else has to end."""

    over: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None

    def finish(self) -> None:
        """Wait until it is closed.

        :raises NotPaused, RouterFailed: it could not be.
        """
        self.over.wait()
        if self.error:
            raise self.error


@contextlib.contextmanager
def closing(ctx: RunContext, ends: Ends, drain: float) -> Iterator[Closing]:
    """Begin to hold clients, or to turn them away, as the spec says.

    :param drain: seconds that running transactions have to end by themselves.
    """
    work = Closing()

    def close() -> None:
        try:
            with router(ends) as found:
                if found is not None and ctx.spec.cutover.clients == "refuse":
                    found.refuse(drain, work.stop)
                elif found is not None:
                    found.pause(drain + AFTER_DRAIN, work.stop)
        except BaseException as error:
            work.error = error
        finally:
            work.over.set()

    thread = threading.Thread(target=close, name="cutover-gate", daemon=True)
    thread.start()
    try:
        yield work
    except BaseException:
        work.stop.set()
        raise
    finally:
        thread.join(drain + AFTER_DRAIN + 10)


@dataclass(frozen=True, slots=True)
class Led:
    """Clients were let in.

    :ivar seen: one was seen being served, at ``at`` (monotonic seconds); otherwise that is when the doors were open.
    """

    seen: bool
    at: float

    def ago(self) -> float:
        """Seconds since then: what was spent on looking is no downtime."""
        return time.monotonic() - self.at


def lead(ctx: RunContext, ends: Ends, side: SideName) -> Led:
    """Lead clients to a side that takes writes, and let them go on.

    :raises RouterFailed: the router stays away.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return _lead(ctx, ends, side)
        except (CutoverError, psycopg.Error, OSError) as error:
            if time.monotonic() > deadline:
                raise
            ctx.log.warning("opening the router: %s; trying again", str(error).strip().splitlines()[0])
        ctx.cancel.wait(0.5)


def _lead(ctx: RunContext, ends: Ends, side: SideName) -> Led:
    with router(ends) as found:
        if found is None:
            return Led(False, time.monotonic())
        place = Place.of(ends.info(side))
        if found.where() != place:
            found.point(place)
        points.reach("stw.gate.pointed")
        before, waiting = found.served(), found.traffic().waiting
        closed = found.closed()
        if closed:
            found.admit()
        opened = time.monotonic()
        # Who was held goes on at once, who was turned away comes back; where neither is there, nobody is waited for.
        expected = closed and (waiting > 0 or ctx.spec.cutover.clients == "refuse")
        while expected and time.monotonic() < opened + SERVED_WITHIN:
            if found.served() > before:
                return Led(True, time.monotonic())
            ctx.cancel.wait(LOOK)
        return Led(False, opened)
