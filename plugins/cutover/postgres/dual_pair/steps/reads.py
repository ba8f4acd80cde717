"""Reads move to green only while it is close behind blue: that is how old an answer may be."""

from __future__ import annotations

import time
from typing import Any

import psycopg

from cutover.context import RunContext
from cutover.errors import ConnectionRefused
from cutover.postgres.blue_green.steps.sample import sample
from cutover.postgres.dual_pair.errors import TooFarBehind
from cutover.postgres.dual_pair.leading import green_is_live
from cutover.postgres.dual_write.steps.reads import Vigil, move

PATIENCE_SECONDS = 30.0
LOOK_SECONDS = 0.5
# While a share of reads is watched, so often is looked how far green is behind, and what blue keeps for it.
SAMPLE_SECONDS = 5.0


def move_reads(ctx: RunContext, share: float) -> dict[str, Any]:
    """Let ``share`` percent of the reads be answered by green; see dual_write's ``reads.move``.

    :raises TooFarBehind: green is more than ``cutover.max_lag`` behind, for longer than is waited.
    """
    if green_is_live(ctx):
        return move(ctx, share)
    seen = _close_enough(ctx)
    return {**move(ctx, share), "lag_seconds": seen["seconds"]}


def _close_enough(ctx: RunContext) -> dict[str, Any]:
    limit, ends = ctx.spec.cutover.max_lag.total_seconds(), time.monotonic() + PATIENCE_SECONDS
    while True:
        seen = sample(ctx, ddl=False)
        if seen["arrived"] and not seen["broken"] and seen["seconds"] <= limit:
            return seen
        if time.monotonic() > ends:
            raise TooFarBehind(
                f"the new side is {seen['seconds']:.1f} s behind, and may be {limit:g} s: reads stay where they are"
                f"{': ' if seen['broken'] else ''}{'; '.join(seen['broken'])}.",
                fix="see what is written so fast, or what keeps it from being applied; or raise cutover: max_lag.",
            )
        ctx.cancel.wait(LOOK_SECONDS)


class PairVigil(Vigil):
    """Watches a share of reads, and the flow that they depend on: the samples are in the journal."""

    def __init__(self, ctx: RunContext, version: int, until: float) -> None:
        super().__init__(ctx, version, until)
        self._sampled = float("-inf")

    def look(self) -> dict[str, Any] | None:
        """See :meth:`Vigil.look`.

        :raises SlotKeepsTooMuch, SlotInDanger: the live server's disk.
        """
        if time.monotonic() - self._sampled > SAMPLE_SECONDS:
            self._sample()
            self._sampled = time.monotonic()
        return super().look()

    def _sample(self) -> None:
        limit = self.ctx.spec.cutover.max_lag.total_seconds()
        try:
            seen = sample(self.ctx, ddl=False)
        except (ConnectionRefused, psycopg.OperationalError) as error:
            self.ctx.log.warning("the flow cannot be looked at just now: %s", error)
            return
        if seen["seconds"] > limit or seen["broken"]:
            text = f"{seen['flow']}: {seen['seconds']:.1f} s behind, and reads are answered from there"
            self.ctx.log.warning("%s", text)
            self.ctx.journal.event(self.ctx.run_id, "lag", "; ".join([text, *seen["broken"]]))


def reads_vigil(ctx: RunContext, version: int, until: float) -> Vigil:
    """Return what watches a share of reads."""
    return PairVigil(ctx, version, until)
