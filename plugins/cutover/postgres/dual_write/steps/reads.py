"""Reads change sides in steps: first both sides are asked, then a growing share is answered by the new one."""

from __future__ import annotations

import time
from typing import Any

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.flags import Mode
from cutover.journal.check import Check
from cutover.postgres.dual_write import flagging

SHOWN = 3


class AnswersDiffer(CutoverError):
    """Both sides were asked the same, and answered differently."""

    code = "DUA007"


def next_share(ctx: RunContext) -> float | None:
    """Return the share of reads, in percent, that goes to the new side next; None: all of them do already."""
    flag = flagging.current(ctx)
    if flag.mode is Mode.NEW_ONLY:
        return None
    now = flag.read_new if flag.mode is Mode.DUAL_WRITE_READ_NEW else 0.0
    return next((step for step in ctx.spec.reads.steps if step > now), None)


def move(ctx: RunContext, share: float) -> dict[str, Any]:
    """Let ``share`` percent of the reads be answered by the new side; 0: none, but both sides are asked.

    A run that is further is left there: only a rollback leads back.

    :returns: ``{"version", "share", "shadow", "seconds"}``.
    :raises NotAcknowledged: an instance works by an older version for too long.
    """
    mode = Mode.DUAL_WRITE_READ_NEW if share else Mode.DUAL_WRITE_READ_OLD
    flag = flagging.current(ctx)
    if (flag.mode.place, flag.read_new) <= (mode.place, share):
        flag = flagging.move(ctx, mode, read_new=share, shadow=ctx.spec.reads.shadow)
    seconds = flagging.await_acknowledged(ctx, flag)
    return {"version": flag.version, "share": flag.read_new, "shadow": flag.shadow, "seconds": round(seconds, 3)}


def check(ctx: RunContext) -> Check:
    """Judge what instances say of reads that were asked of both sides."""
    store = flagging.store(ctx)
    counts = store.shadow(ctx.spec.name)
    reads, wrong = (sum(getattr(one, what) for one in counts) for what in ("reads", "mismatches"))
    figures: dict[str, Any] = {"reads": reads, "mismatches": wrong}
    if wrong:
        shown = store.mismatches(ctx.spec.name, limit=SHOWN)
        figures["first"] = [{"what": one.what, "key": one.key} for one in shown]
        named = "; ".join(f"{one.what} {one.key}" for one in shown)
        text = f"{wrong:,} of {reads:,} reads got another answer from the other side, the first: {named}"
    else:
        text = f"{reads:,} reads asked of both sides, all with the same answer"
    return Check("SHADOW_READS", "shadow reads", not wrong, "error", text, figures)


def judge(ctx: RunContext) -> dict[str, Any]:
    """Keep the verdict in the journal.

    :raises AnswersDiffer: naming the reads and their keys.
    """
    found = check(ctx)
    ctx.journal.record_check(ctx.run_id, found)
    if not found.ok:
        raise AnswersDiffer(
            f"{found.summary}.",
            fix=f"see `python -m cutover flags mismatches {ctx.spec.name}`; mend rows that differ with"
            f" `python -m cutover repair {ctx.run_id}`, or the application's reads.",
        )
    return {"summary": found.summary, **dict(found.figures)}


class Vigil:
    """Watches a share of reads until its time is over, or until an answer differs.

    :param version: of the flag that is watched. :param until: seconds since the epoch.
    """

    def __init__(self, ctx: RunContext, version: int, until: float) -> None:
        self.ctx, self.version, self.until = ctx, version, until
        self.looks = 0

    def look(self) -> dict[str, Any] | None:
        """Return the event that ends the watch, or None: go on."""
        self.looks += 1
        now = flagging.current(self.ctx)
        if now.version != self.version:
            who = now.changed_by or "somebody"
            what = f"the flag was changed by {who}: it is {now}, not version {self.version} any more."
            return {"status": "error", "message": what, "fix": "see who did, and run the step again."}
        found = check(self.ctx)
        if not found.ok or time.time() >= self.until:
            return {"status": "done", "ok": found.ok}
        return None
