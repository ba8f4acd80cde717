"""Questions to people, and their answers, in the journal and to the stakeholders."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from cutover.context import RunContext
from cutover.messages.head import ANSWERED, ASKED
from cutover.operators.telling import say

POSTPONED = "postponed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to the question of ``task``: by a person, a rule, or nobody in time."""

    task: str
    approved: bool
    who: str
    words: str | None = None

    def sentence(self, subject: str) -> str:
        said = f"{subject} {'Yes' if self.approved else 'No'}, by {self.who}."
        return f"{said} {self.words}" if self.words else said


def ask(ctx: RunContext, task: str, subject: str, *, attempt: int, link: str | None, within: float | None) -> None:
    """Write the question down and tell the stakeholders, each time that it is asked.

    :param within: seconds after which no answer is a no; none: it is asked until somebody answers.
    """
    ctx.journal.event(ctx.run_id, ASKED, subject, data={"task": task, "url": link})
    values = {"subject": subject, "link": link, "within": within}
    say(ctx.journal, ctx.run_id, f"asked_{task}_{attempt}{_again(ctx, task)}", "approval_needed", **values)


def answered(ctx: RunContext, subject: str, answer: Answer) -> None:
    """Write a rule's answer down; nobody was asked, so nobody is told."""
    ctx.journal.event(ctx.run_id, ANSWERED, answer.sentence(subject), data=asdict(answer))


def answered_by_person(ctx: RunContext, subject: str, answer: Answer, *, attempt: int) -> None:
    """Write a person's answer down and tell the stakeholders."""
    ctx.journal.event(ctx.run_id, ANSWERED, answer.sentence(subject), actor=answer.who, data=asdict(answer))
    values = {"subject": subject, "approved": answer.approved, "who": answer.who, "words": answer.words}
    say(ctx.journal, ctx.run_id, f"answer_{answer.task}_{attempt}", "approved", **values)


def postponed(ctx: RunContext, subject: str, answer: Answer, *, minutes: int) -> None:
    """Write down that the answer has to wait; the question stays open, so the run is looked after as before."""
    when = f"for {minutes} minutes" if minutes else "until it is answered"
    text = f"{subject} Postponed {when}, by {answer.who}."
    data = {"task": answer.task, "minutes": minutes, "who": answer.who, "words": answer.words}
    ctx.journal.event(ctx.run_id, POSTPONED, text + (f" {answer.words}" if answer.words else ""), data=data)
    if minutes:
        key = f"postponed_{answer.task}{_again(ctx, answer.task)}"
        say(ctx.journal, ctx.run_id, key, "postponed", **{**data, "subject": subject})


def _again(ctx: RunContext, task: str) -> str:
    """Return a part of a message's key for what repeats: nothing the first time."""
    times = sum(1 for e in ctx.journal.events(ctx.run_id, kind=POSTPONED) if (e.data or {}).get("task") == task)
    return f"_{times}" if times else ""


def of_event(task: str, event: dict[str, Any], yes: str) -> Answer:
    """Read the answer that Airflow hands over: chosen options, who responded, and the form's words."""
    user = event.get("responded_by_user") or {}
    who = user.get("name") or user.get("id") or "nobody in time"
    words = (event.get("params_input") or {}).get("words")
    return Answer(task, event["chosen_options"] == [yes], who, words or None)
