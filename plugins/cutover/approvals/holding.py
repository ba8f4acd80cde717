"""Why a run whose window has ended is not finalized by the clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cutover.approvals.asked import ANSWERED, ASKED
from cutover.approvals.signing import missing, spoken
from cutover.journal.records import Event, Run
from cutover.spec.approving import Approvals

# The task of the DAG `finalize` that asks.
QUESTION = "approve_finalize"
# Finalized all the same.
UNSIGNED = "unsigned"


def unsigned(run: Run, events: Sequence[Event]) -> str | None:
    """Say whose sign-off is missing, if any."""
    roles = missing(run, events)
    return f"the sign-off of {', '.join(map(spoken, roles))} is missing" if roles else None


def not_again_yet(run: Run, events: Sequence[Event], now: datetime) -> bool:
    """Return whether somebody was asked to finalize, or has said no, less than a question's time ago.

    A question that ran out of time may be asked again at once: nobody has said anything.
    """
    rules = Approvals.model_validate(run.spec.get("approvals") or {})
    said = [e.at for e in events if _is_recent(e)]
    return rules.finalize == "required" and bool(said) and now < said[-1] + rules.timeout


def _is_recent(event: Event) -> bool:
    data = event.data or {}
    return data.get("task") == QUESTION and event.kind in (ASKED, ANSWERED) and not data.get("timed_out")
