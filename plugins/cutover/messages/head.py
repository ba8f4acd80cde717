"""The first message of a run's thread: it always shows the present state and is updated in place."""

from __future__ import annotations

from cutover.journal.records import Event, Progress, Run
from cutover.messages import facts
from cutover.messages.blocks import Message, to_message
from cutover.messages.templates import render

ASKED, ANSWERED = "approval_asked", "approval"


def head(run: Run, progress: list[Progress], events: list[Event]) -> Message:
    """Return the thread's first message as things are now."""
    now = {"copied": facts.copied(progress), "waits_for": waits_for(events), "link": link(events)}
    values = {**facts.of_run(run), **now}
    return to_message(render("head", values))


def waits_for(events: list[Event]) -> str | None:
    """Return the question that nobody has answered yet."""
    last = next((e for e in reversed(events) if e.kind in (ASKED, ANSWERED)), None)
    return last.text if last is not None and last.kind == ASKED else None


def link(events: list[Event]) -> str | None:
    """Return the address of the run's page in Airflow, which the beginning wrote down."""
    return next((e.data["url"] for e in events if e.kind == "link" and e.data and e.data.get("url")), None)
