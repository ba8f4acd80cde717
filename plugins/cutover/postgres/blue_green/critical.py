"""The critical section: live changes sides, in one process, within ``max_pause``, or nothing happens at all.

Hold the clients · close the origin · see that everything has arrived, by two witnesses · freeze both for a comparison ·
open the target, with the sequences carried and the way back beginning there (the decision) · lead the clients there ·
let them go on.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psycopg

from cutover import points, recording
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green import claims, marker, recovery, sequences, watchdog
from cutover.postgres.blue_green.fence import Fenced
from cutover.postgres.blue_green.leg import Leg
from cutover.postgres.blue_green.sequences import SequencePairs
from cutover.postgres.blue_green.snapshots import Frozen, freeze
from cutover.postgres.blue_green.watchdog import Watchdog

# The watchdog waits so much longer than the cutover itself would before it takes it for dead.
GRACE = 5.0
# Part of max_pause that clients may be held for somebody else's transaction to end.
PAUSE_SHARE = 0.4


class StillHeld(CutoverError):
    """Clients could not be brought back yet; the watchdog goes on trying, and so does the step when it is run again."""

    code = "BGR017"


class TooLong(CutoverError):
    """The pause would have become longer than the spec allows; clients go on where they were."""

    code = "BGR014"


@dataclass(frozen=True, slots=True)
class Ready:
    """What was looked up before anybody is held."""

    origin_tables: list[Fenced]
    target_tables: list[Fenced]
    sequences: SequencePairs
    wait_ms: int
    backwards: bool
    back_slot: str | None
    lossy: bool = False


@dataclass(slots=True)
class Switched:
    """What one cutover did: milliseconds by part, and the two frozen states that must be equal."""

    pause_ms: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)
    sequences: int = 0
    frozen: Frozen | None = None


def switch(ctx: RunContext, leg: Leg, ready: Ready, closing: contextlib.ExitStack) -> Switched:
    """Make one attempt.

    :param closing: keeps the frozen snapshots' sessions.
    :raises Exception: whatever went wrong before the decision; clients are on the origin again, as if nothing had been.
    """
    seconds = ctx.spec.cutover.max_pause.total_seconds()
    with contextlib.ExitStack() as sessions:
        sessions.enter_context(recording.held(leg.run_id))
        origin = sessions.enter_context(leg.open(leg.origin))
        # Should this process hang with the decision half made, the server undoes it.
        limit = f"{int((seconds + GRACE) * 1000)}ms"
        target = sessions.enter_context(leg.open(leg.target, idle_in_transaction_session_timeout=limit))
        if ready.back_slot:  # what there is to decode by now need not be decoded while clients wait
            _advance(target, ready.back_slot, _safe_position(target))
        frozen = freeze(leg, closing)
        dog = sessions.enter_context(watchdog.standing(leg, seconds + GRACE))
        return _Section(ctx, leg, ready, origin, target, frozen, dog, seconds).run()


@dataclass(slots=True)
class _Section:
    ctx: RunContext
    leg: Leg
    ready: Ready
    origin: Db
    target: Db
    frozen: Frozen
    dog: Watchdog
    seconds: float
    done: Switched = field(default_factory=Switched)
    _began: float = 0.0
    _decision_sent: bool = False
    _back_from: str | None = None

    def run(self) -> Switched:
        with contextlib.ExitStack() as sessions:
            router = sessions.enter_context(contextlib.closing(self.leg.router()))
            router.brace()
            sessions.enter_context(_undisturbed())
            self._began = time.monotonic()
            try:
                with self._part("pause"):
                    router.pause(self.seconds * PAUSE_SHARE)
                points.reach("bg.cutover.paused")
                self._change_sides()
            except BaseException as error:
                if self._take_back(error) == "back":
                    raise
            with self._part("route"):
                self._again(lambda: recovery.lead(self.leg, self.leg.target, router))
            self.done.pause_ms = round((time.monotonic() - self._began) * 1000, 1)
            self.dog.done()
        points.reach("bg.cutover.resumed")
        recovery.over(self.leg)
        return self.done

    def _change_sides(self) -> None:
        leg, ready, ends = self.leg, self.ready, self._began + self.seconds
        self._refuse_late()  # by now somebody may have let clients go on
        with self._part("fence"):
            mark, lsn = claims.close_origin(
                self.origin, leg, ready.origin_tables, self._patience(ready.wait_ms), backwards=ready.backwards
            )
        points.reach("bg.cutover.fenced")
        with self._part("arrive"):
            if not ready.lossy:
                marker.await_marker(self.target, leg, mark, ends, self.ctx.cancel.check)
                marker.await_position(self.origin, leg, lsn, ends, self.ctx.cancel.check)
            if ready.back_slot:
                self._back_from = _safe_position(self.target)
        with self._part("freeze"):
            self.frozen.take()
            self.done.frozen = self.frozen
        points.reach("bg.cutover.before_decision")
        self.ctx.cancel.check()
        self._refuse_late()
        with self._part("open"):
            self.dog.deciding()
            self._decision_sent = True
            wait_ms = self._patience(recovery.PATIENCE_MS)
            claims.decide(self.target, leg, ready.target_tables, wait_ms, self._irrevocable)
        points.reach("bg.cutover.decided")

    def _refuse_late(self) -> None:
        if time.monotonic() > self._began + self.seconds:
            raise TooLong(
                f"the pause would have been longer than {self.seconds:g} s: {self.done.parts}.",
                fix="see which part took long, or raise cutover: max_pause.",
            )

    def _irrevocable(self) -> None:
        with self._part("sequences"):
            self.done.sequences = sequences.carry(self.origin, self.target, self.ready.sequences)
        if self.ready.back_slot and self._back_from:
            with self._part("way back"):
                _advance(self.target, self.ready.back_slot, self._back_from)

    def _take_back(self, error: BaseException) -> str:
        """Bring clients back; ``forward`` where the decision turns out to have been made.

        :raises StillHeld: the watchdog goes on with it, under the attempt's name, so nobody may begin another one.
        """
        self.ctx.log.warning("cutover: %s; bringing clients back", _first_line(error))
        try:
            went = self._again(lambda: recovery.recover(self.leg, undecided=not self._decision_sent))
        except (CutoverError, psycopg.Error, OSError) as fault:
            raise StillHeld(
                f"{_first_line(error)}; and clients could not be brought back yet: {_first_line(fault)}",
                fix="see to what that names; the watchdog goes on for ten minutes, and the step does when run again.",
            ) from error
        if went == "back":
            self.dog.done()
        return went

    def _again(self, work: Callable[[], str | None]) -> str:
        """Do what must be done in the end; while a server or the router is away, again and again.

        Where it takes too long for this process, leaving without ``done`` makes the watchdog go on with it.
        """
        ends = time.monotonic() + GRACE
        while True:
            try:
                return work() or ""
            except (CutoverError, psycopg.Error, OSError) as error:
                self.ctx.log.warning("cutover: %s; trying again", _first_line(error))
                if time.monotonic() > ends:
                    raise
            time.sleep(0.1)

    def _patience(self, most_ms: int) -> int:
        left = (self._began + self.seconds - time.monotonic()) * 1000
        return max(20, min(most_ms, int(left)))

    @contextlib.contextmanager
    def _part(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.done.parts[name] = round((time.monotonic() - began) * 1000, 1)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Collect no garbage while clients are held: with all of Airflow in the process that takes as long as a part."""
    wanted = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()


def _safe_position(db: Db) -> str:
    """Return a position in the WAL behind all that was committed, to which a slot can be advanced without waiting.

    Advancing reads whole records. Where the WAL was flushed up to a page's end, ``pg_current_wal_lsn()`` is within one,
    often of the caller's own transaction, and its rest is flushed by whoever commits next: while clients are held that
    is nobody, for up to 15 s. A message of one's own ends where a record does, and its commit flushes it.
    """
    row = db.execute("SELECT pg_logical_emit_message(true, 'cutover', '')::text").fetchone()
    assert row is not None
    return str(row[0])


def _advance(db: Db, slot: str, position: str) -> None:
    """Let the way back begin there: what came from the origin need not go back."""
    db.execute("SELECT pg_replication_slot_advance(%s, %s)", (slot, position))


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
