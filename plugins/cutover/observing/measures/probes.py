"""Smoke tests and end-to-end tests: what runs or calls the application counts as a check."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from cutover.context import RunContext
from cutover.hooks import facts, running
from cutover.hooks.errors import HookFailed
from cutover.journal.check import Check
from cutover.observing import verdicts
from cutover.observing.subject import Subject
from cutover.observing.together import Work
from cutover.spec.observing import Probe

MOMENT = "observing"
# A program that is ended has its own moment to go.
MORE_SECONDS = 2.0


def works(of: Subject) -> list[Work]:
    """Return one for each probe, with its own time."""
    return [
        Work(
            ("OBSERVE_PROBE",),
            partial(_take, number, probe),
            seconds=probe.timeout.total_seconds() + MORE_SECONDS,
            about=running.label(probe),
        )
        for number, probe in enumerate(of.rules.probes)
    ]


def _take(number: int, probe: Probe, ctx: RunContext, of: Subject) -> Iterator[Check]:
    """Run it once. What cannot be run here at all says nothing of the application."""
    name = running.label(probe)
    told = facts.document(ctx, MOMENT, f"{ctx.run_id}/observe-{number}/{of.at:%Y%m%dT%H%M%S}", {})
    try:
        running.attempt_once(ctx, probe, told)
    except HookFailed as error:
        if not error.may_pass:
            yield verdicts.untaken("OBSERVE_PROBE", error.short, about=name)
        else:
            yield verdicts.found(
                "OBSERVE_PROBE", False, error.short, about=name, figures={"said": error.said[-running.SAID :]}
            )
        return
    yield verdicts.found("OBSERVE_PROBE", True, "succeeded", about=name)
