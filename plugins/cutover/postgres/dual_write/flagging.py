"""A migration's flag, as its run moves it: one mode at a time, and on only when every instance works by it."""

from __future__ import annotations

import time
from datetime import timedelta

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.flags import Flag, FlagChanged, FlagStore, Instance, Mode

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.1
TELL_SECONDS = 5.0


class NotAcknowledged(CutoverError):
    """Instances of the application still work by an older version of the flag."""

    code = "DUA010"


class TooFewInstances(CutoverError):
    """Not as many instances follow the flag as the migration says."""

    code = "DUA011"


def store(ctx: RunContext) -> FlagStore:
    """Return the store that the migration names; by default its source."""
    return FlagStore(ctx.resolve(ctx.spec.flags.store or ctx.spec.source), ctx.run_id)


def current(ctx: RunContext) -> Flag:
    """Return the flag; a migration that has none yet begins with the old side only."""
    return store(ctx).create(ctx.spec.name, by=ctx.run_id)


def move(ctx: RunContext, mode: Mode, *, read_new: float = 0, shadow: float = 0, hold: timedelta | None = None) -> Flag:
    """Set the flag; it is the same version where it is so already.

    :raises ModeRefused: a mode would be left out.
    """
    flags = store(ctx)
    while True:
        before = flags.create(ctx.spec.name, by=ctx.run_id)
        try:
            flag = flags.set(before, mode, read_new=read_new, shadow=shadow, hold=hold, by=ctx.run_id)
        except FlagChanged as error:
            ctx.log.warning("%s; deciding again", error.what)
            ctx.cancel.check()
            continue
        if flag.version != before.version:
            ctx.log.info("the flag is %s", flag)
            ctx.journal.event(ctx.run_id, "flag", f"{before} -> {flag}", data={"version": flag.version})
        return flag


def await_acknowledged(
    ctx: RunContext, flag: Flag, *, seconds: float = PATIENCE_SECONDS, look: float = LOOK_SECONDS
) -> float:
    """Wait until every live instance works by ``flag``; return the seconds that took.

    An instance that died is waited for until its lease runs out.

    :raises NotAcknowledged: naming the others, and how somebody answers for them.
    """
    flags, began = store(ctx), time.monotonic()
    told = began
    while waiting := flags.waiting_for(flag.migration, flag.version):
        now = time.monotonic()
        if now - began >= seconds:
            raise _not_acknowledged(flag, waiting, seconds)
        if now - told >= TELL_SECONDS:
            told = now
            ctx.log.info("waiting for %s", named(waiting))
        ctx.cancel.wait(look)
    return time.monotonic() - began


def refuse_too_few(ctx: RunContext) -> int:
    """Return how many instances follow the flag. :raises TooFewInstances: fewer than the migration says."""
    alive = [one for one in store(ctx).instances(ctx.spec.name) if one.alive]
    wanted = ctx.spec.flags.instances
    if len(alive) < wanted:
        raise TooFewInstances(
            f"{len(alive)} instances follow the flag of {ctx.spec.name!r}, not {wanted}: {named(alive) or 'none'}.",
            fix="start the others with the flag's client, or correct `flags: {instances: ...}`.",
        )
    return len(alive)


def named(instances: list[Instance]) -> str:
    """Return a few instances in one line."""
    shown = ", ".join(f"{one.instance} ({one.application}, version {one.acknowledged})" for one in instances[:8])
    return f"{shown} and {len(instances) - 8} more" if len(instances) > 8 else shown


def _not_acknowledged(flag: Flag, waiting: list[Instance], seconds: float) -> NotAcknowledged:
    return NotAcknowledged(
        f"after {seconds:g} s {len(waiting)} instances do not work by version {flag.version} yet: {named(waiting)}.",
        fix="see what they are busy with. To go on without one: python -m cutover flags excuse"
        f" {flag.migration} {waiting[0].instance}",
    )
