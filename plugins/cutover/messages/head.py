"""The first message of a run's thread: it always shows the present state and is updated in place."""

from __future__ import annotations

from cutover.approvals.asked import open_questions
from cutover.journal.records import Event, Progress, Run
from cutover.messages import facts
from cutover.messages.blocks import Message, to_message
from cutover.messages.templates import render

# What a night of rehearsals has to say; see cutover.rehearsal.nights.
VERDICTS = "verdicts"


def head(run: Run, progress: list[Progress], events: list[Event]) -> Message:
    """Return the thread's first message as things are now."""
    night = next((e.data for e in reversed(events) if e.kind == VERDICTS and e.data), None)
    if night is not None:
        return to_message(render("night", {**facts.of_run(run), **night}))
    now = {"copied": facts.copied(progress), "waits_for": waits_for(events), "link": link(events)}
    values = {**facts.of_run(run), **documents(events), **now}
    return to_message(render("head", values))


def waits_for(events: list[Event]) -> str | None:
    """Return the questions that nobody has answered yet, in one line."""
    return " · ".join(question.text for question in open_questions(events)) or None


def link(events: list[Event]) -> str | None:
    """Return the address of the run's page in Airflow, which the beginning wrote down."""
    return next((e.data["url"] for e in events if e.kind == "link" and e.data and e.data.get("url")), None)


def runbook_link(events: list[Event]) -> str | None:
    """Return the address of the run's runbook, which the beginning wrote down as well."""
    return next((e.data["runbook"] for e in events if e.kind == "link" and e.data and e.data.get("runbook")), None)


def documents(events: list[Event]) -> dict[str, str | None]:
    """Return where the run's ``runbook`` and its ``post_mortem`` draft are read."""
    address = runbook_link(events)
    return {"runbook": address, "post_mortem": f"{address.rpartition('/')[0]}/post-mortem" if address else None}
