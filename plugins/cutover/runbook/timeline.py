"""The timeline: states, steps with their attempts, answers of people, and all else that the journal tells of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cutover.journal.records import Event, Step
from cutover.messages import words as people
from cutover.runbook.page import Code, Part, Strong, Table, Text
from cutover.runbook.story import Story
from cutover.runbook.words import brief, clock, moment, since, took

# Told elsewhere: what was said to stakeholders is what is listed here, and the link is at the top.
ELSEWHERE = frozenset({"message", "link"})
MARKS = {"failed": "✗ failed", "cancelled": "✗ stopped", "lost": "✗ its worker died", "running": "… running"}
NAMES = {
    "approval_asked": "asked",
    "approval": "answered",
    "postponed": "postponed",
    "decision": "decided",
    "control": "controlled",
    "swapped": "live changed sides",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line: when, what, and how long it took; ``routine``: a step that went through."""

    at: datetime
    what: Text
    took: str = ""
    routine: bool = False


def moments(story: Story) -> list[Moment]:
    """Return everything worth a line, in order."""
    found = [_of_step(step) for step in story.steps]
    found += [_of_event(event) for event in story.events if event.kind not in ELSEWHERE]
    begun = Moment(story.run.started_at, (Strong("begun"), _by(story.run.triggered_by)))
    return [begun, *sorted(found, key=lambda one: one.at)]


def table(story: Story, lines: list[Moment]) -> Table:
    """Return lines as a table."""
    many_days = len({one.at.date() for one in lines}) > 1
    rows = tuple((moment(o.at) if many_days else clock(o.at), since(story, o.at), o.what, o.took) for o in lines)
    return Table("What happened when", ("Time (UTC)", "Since the start", "What", "Took"), rows)


def _of_step(step: Step) -> Moment:
    again = f" (attempt {step.attempt})" if step.attempt > 1 else ""
    parts: list[Part] = ["step ", Code(step.name), again]
    if step.state != "done":
        parts += [": ", Strong(MARKS.get(step.state, step.state))]
    if step.error:
        parts.append(f" {brief(step.error)}")
    return Moment(step.started_at, tuple(parts), took(step.started_at, step.ended_at), step.state == "done")


def _of_event(event: Event) -> Moment:
    data = event.data or {}
    if event.kind == "state" and data.get("to"):
        reason = f": {brief(data['reason'])}" if data.get("reason") else ""
        by = "" if event.actor and event.actor in reason else _by(event.actor)
        return Moment(event.at, (Strong(people.state(str(data["to"]))), reason, by))
    name = NAMES.get(event.kind, event.kind.replace("_", " "))
    # An answer's sentence says who gave it.
    by = "" if event.kind == "approval" else _by(event.actor)
    said = brief(event.text)
    said = said.removeprefix(name) if said.startswith(name) else f": {said}"
    return Moment(event.at, (Strong(name), said, by))


def _by(who: str | None) -> str:
    return f", by {who}" if who else ""
