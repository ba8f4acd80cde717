"""What is said of what was observed: to people, and as a reason."""

from __future__ import annotations

from cutover.journal.check import Check
from cutover.journal.records import Run
from cutover.messages.facts import first_line
from cutover.observing.judging import Judgement, Verdict
from cutover.observing.kinds import KINDS
from cutover.spec.models import Migration


def named(check: Check) -> str:
    """Return what a check is called, with what it is about."""
    return f"{check.name} ({check.object})" if check.object else check.name


def reason(verdict: Verdict) -> str:
    """Return why a run is taken back."""
    return f"{named(verdict.check)} over its limit since {_clock(verdict)}: {first_line(verdict.check.summary)}"


def advice(run: Run, spec: Migration, judgement: Judgement, verdict: Verdict) -> str:
    """Return what follows by itself, or why nothing does and what a person may do."""
    why = stays(spec, judgement, verdict)
    if why is None and verdict.since is not None:
        until = verdict.since + spec.observe.roll_back_after
        return f"If it stays so until {until:%H:%M} UTC, the run is taken back. To keep it, pause the DAG observe."
    return f"It is not taken back by itself: {why}. By hand: {by_hand(run)}."


def stays(spec: Migration, judgement: Judgement, verdict: Verdict) -> str | None:
    """Return why a verdict takes nothing back, however long it lasts; None: it does."""
    cause = KINDS[verdict.check.code].cause  # type: ignore[index]
    if verdict.check.code == "OBSERVE_UP":
        return "what the live side has written last would be lost"
    if not spec.rollback.automatic:
        return "the migration says rollback.automatic: false"
    if cause not in spec.observe.roll_back_on:
        return f"observe.roll_back_on does not name {cause}" if cause else "a way back that loses rows is for a person"
    return judgement.obstacle


def by_hand(run: Run) -> str:
    """Return how a person takes the run back."""
    return f'trigger the DAG rollback_{run.strategy} with {{"run": "{run.run_id}"}}'


def _clock(verdict: Verdict) -> str:
    return f"{verdict.since:%Y-%m-%d %H:%M} UTC" if verdict.since else "now"
