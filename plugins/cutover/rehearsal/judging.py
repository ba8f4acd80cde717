"""Go or no-go: from what the runs did, what was compared, and what went wrong beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cutover.journal.records import Rehearsal
from cutover.messages.words import span
from cutover.rehearsal.forecast import Forecast
from cutover.spec.models import Migration

GO, NO_GO, NOT_REHEARSED = "go", "no_go", "not_rehearsed"
# Why a rehearsal takes its own runs back; one that was taken back for another reason has failed.
BACK = "the rehearsal goes back"
TIMES = ("first", "second")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reasons``: why it is no go, or was not rehearsed; empty for a go."""

    verdict: str
    reasons: list[str]


def judge(rehearsal: Rehearsal, spec: Migration, figures: Mapping[str, Any], ahead: Forecast | None) -> Verdict:
    """Judge a rehearsal that is over."""
    runs = figures["runs"]
    if not runs:
        return Verdict(
            NOT_REHEARSED, list(rehearsal.troubles.values()) or ["it never began: see the log of its first tasks"]
        )
    reasons = [str(reason) for number, run in enumerate(runs) if (reason := _of_run(number, run))]
    reasons += [each for each in rehearsal.troubles.values() if each not in reasons]
    if len(runs) < len(TIMES) and not reasons:
        reasons.append("the migration was not done again after its rollback")
    reasons += _ahead(spec, ahead)
    return Verdict(NO_GO if reasons else GO, reasons)


def _of_run(number: int, run: Mapping[str, Any]) -> str | None:
    by_itself = run["state"] == "rolled_back" and run["reason"] == BACK
    if by_itself or (number > 0 and run["state"] in ("window", "finalized")):
        return None
    why = run["reason"] or "; ".join(run["failed"]) or "see the log of its DAG run"
    return f"the {TIMES[min(number, 1)]} run ended as {run['state'].replace('_', ' ')}: {why}"


def _ahead(spec: Migration, ahead: Forecast | None) -> list[str]:
    budget = spec.cutover.max_downtime.total_seconds()
    if ahead is None or ahead.downtime_s is None or ahead.downtime_s <= budget:
        return []
    return [
        f"the forecast is {span(ahead.downtime_s)} of downtime, and {span(budget)} were promised"
        " (cutover: max_downtime)"
    ]
