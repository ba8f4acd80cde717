"""The sign-off by role: who has signed, who objects, who is still to answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cutover.approvals.asked import ANSWERED, open_questions
from cutover.journal.records import Event, Run

PREFIX = "sign_off_"
# What was asked of whom, written down when the questions go out.
BEGUN = "sign_off"
State = Literal["signed", "objects", "open", "missing"]


@dataclass(frozen=True, slots=True)
class Signature:
    """Where one role stands. ``missing``: not asked yet, or asked and without an answer in time."""

    role: str
    state: State
    who: str | None = None
    at: datetime | None = None
    words: str | None = None

    @property
    def text(self) -> str:
        """In words, for people: ``qa: signed off by olga (looks good)``."""
        said = {"signed": "signed off", "objects": "objects", "open": "asked", "missing": "has not signed off"}
        by = f" by {self.who}" if self.state == "signed" else f" ({self.who})" if self.who else ""
        return f"{spoken(self.role)}: {said[self.state]}{by}" + (f": {self.words}" if self.words else "")


def spoken(role: str) -> str:
    """Return a role as people say it."""
    return "QA" if role == "qa" else role.replace("_", " ")


def wanted(run: Run) -> list[str]:
    """Return the roles that have to sign; nobody signs a rehearsal."""
    return [] if run.dry_run else list((run.spec.get("approvals") or {}).get("sign_off") or [])


def signatures(run: Run, events: Iterable[Event]) -> list[Signature]:
    """Return where each role stands, in the order of the spec; the last answer of a role counts."""
    events = list(events)
    waiting = {question.task for question in open_questions(events)}
    # Who did not answer in time, or put it off, has said nothing: what was said before stands.
    said = [e for e in events if e.kind == ANSWERED and not (e.data or {}).get("later")]
    answers = {str((e.data or {}).get("task")): e for e in said}
    return [_signature(role, answers.get(PREFIX + role), PREFIX + role in waiting) for role in wanted(run)]


def missing(run: Run, events: Iterable[Event]) -> list[str]:
    """Return the roles that have not signed, for whatever reason."""
    return [each.role for each in signatures(run, events) if each.state != "signed"]


def _signature(role: str, answer: Event | None, is_open: bool) -> Signature:
    data = (answer.data or {}) if answer else {}
    signed = bool(data.get("approved"))
    if not signed and (is_open or answer is None):
        return Signature(role, "open" if is_open else "missing")
    at = answer.at if answer else None
    return Signature(role, "signed" if signed else "objects", data.get("who"), at, data.get("words"))
