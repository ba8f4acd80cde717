"""Take measures side by side: each has its own time, and what goes wrong with one is told in its own place."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import psycopg

from cutover.context import CancelToken, RunContext
from cutover.errors import Cancelled, CutoverError
from cutover.journal.check import Check
from cutover.journal.safe import scrubbed
from cutover.observing import verdicts
from cutover.observing.kinds import Kind
from cutover.observing.subject import Subject

# What was cancelled on the server needs a moment to come back; a probe ends what it has started.
GRACE_SECONDS = 5.0
LOOK_SECONDS = 0.05
Take = Callable[[RunContext, Subject], Iterable[Check]]


@dataclass(frozen=True, slots=True)
class Work:
    """:ivar kinds: the codes of the checks that it gives, each once at least.
    :ivar seconds: its own time, where the spec's patience is not for it.
    :ivar about: what its checks are about, where that is known beforehand.
    """

    kinds: Sequence[Kind]
    take: Take
    seconds: float | None = None
    about: str | None = None


@dataclass(slots=True)
class _Running:
    work: Work
    cancel: CancelToken
    until: float
    thread: threading.Thread = field(init=False)
    found: list[Check] = field(default_factory=list)
    trouble: str | None = None
    late: bool = False


def together(ctx: RunContext, of: Subject, works: Sequence[Work]) -> list[Check]:
    """Do all of them, and return their checks in order.

    One that takes too long is cancelled on the server; one that does not come back even then is left to itself.

    :raises Cancelled: an operator stopped it.
    """
    running = [_start(ctx, of, work) for work in works]
    forget = ctx.cancel.on_cancel(lambda: _stop(running))
    try:
        for each in running:
            _await(ctx, each)
    finally:
        forget()
        _stop(each for each in running if each.thread.is_alive())
    return [check for each in running for check in _told(each, of)]


def _start(ctx: RunContext, of: Subject, work: Work) -> _Running:
    cancel = CancelToken()
    each = _Running(work, cancel, time.monotonic() + (work.seconds or of.patience))
    own = replace(ctx, cancel=cancel)
    name = f"cutover-observe-{work.kinds[0].lower()}"
    each.thread = threading.Thread(target=_run, args=(each, own, of), name=name, daemon=True)
    each.thread.start()
    return each


def _run(each: _Running, ctx: RunContext, of: Subject) -> None:
    began = time.monotonic()
    try:
        for check in each.work.take(ctx, of):
            each.found.append(check)
    except Cancelled:
        each.late = True
    except CutoverError as error:
        each.trouble = error.what
    except psycopg.Error as error:
        each.trouble = (str(error).strip().splitlines() or [type(error).__name__])[0]
    except Exception as error:  # a driver, a library: whatever it is, the others are still worth having
        ctx.log.exception("%s cannot be taken", each.work.kinds[0])
        each.trouble = f"{type(error).__name__}: {error}".strip().splitlines()[0]
    ctx.log.debug("%s: %.2f s", ", ".join(each.work.kinds), time.monotonic() - began)


def _await(ctx: RunContext, each: _Running) -> None:
    while each.thread.is_alive() and time.monotonic() < each.until:
        ctx.cancel.check()
        each.thread.join(LOOK_SECONDS)
    ctx.cancel.check()
    if each.thread.is_alive():
        each.cancel.cancel()
        each.thread.join(GRACE_SECONDS)
        each.late = True


def _stop(running: Iterable[_Running]) -> None:
    for each in running:
        each.cancel.cancel()


def _told(each: _Running, of: Subject) -> list[Check]:
    """Return what was found; for what was not, why."""
    found = list(each.found)
    if each.trouble is None and not each.late:
        return found
    why = scrubbed(each.trouble) if each.trouble else f"took longer than {each.work.seconds or of.patience:g} s"
    missing = [kind for kind in each.work.kinds if kind not in {check.code for check in found}]
    return found + [verdicts.untaken(kind, f"cannot be told: {why}", about=each.work.about) for kind in missing]
