"""Questions to people, and their answers, in the journal and to the stakeholders."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from cutover.approvals.asked import ANSWERED, ASKED, WITHDRAWN, open_questions
from cutover.context import RunContext
from cutover.operators.telling import say

POSTPONED, REFUSED = "postponed", "approval_refused"
NOBODY = "nobody in time"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question is asked. ``task`` is what the journal calls it; ``url`` the page to answer on."""

    task: str
    dag_id: str
    dag_run_id: str
    task_id: str
    map_index: int
    url: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to the question of ``task``: by a person, a rule, or nobody in time.

    :param later: neither yes nor no.
    """

    task: str
    approved: bool
    who: str
    words: str | None = None
    later: bool = False
    timed_out: bool = False
    dag_run_id: str | None = None

    def sentence(self, subject: str) -> str:
        """Return question and answer as one line."""
        said = f"{subject} {'Yes' if self.approved else 'Not now' if self.later else 'No'}, by {self.who}."
        return f"{said} {self.words}" if self.words else said


def ask(ctx: RunContext, place: Place, subject: str, *, within: float | None, otherwise: str) -> None:
    """Write the question down and tell the stakeholders, each time that it is asked.

    :param within: seconds after which no answer counts as the safe one; none: it is asked until somebody answers.
    :param otherwise: what happens then.
    """
    ctx.journal.event(ctx.run_id, ASKED, subject, data=asdict(place))
    values = {"subject": subject, "link": place.url, "within": within, "otherwise": otherwise}
    say(ctx.journal, ctx.run_id, _key(ctx, "asked", ASKED, place.task), "approval_needed", **values)


def answered(ctx: RunContext, subject: str, answer: Answer) -> None:
    """Write a rule's answer down; nobody was asked, so nobody is told."""
    ctx.journal.event(ctx.run_id, ANSWERED, answer.sentence(subject), data=asdict(answer))


def answered_by_person(ctx: RunContext, subject: str, answer: Answer) -> None:
    """Write a person's answer down, or that there was none, and tell the stakeholders."""
    actor = None if answer.timed_out else answer.who
    ctx.journal.event(ctx.run_id, ANSWERED, answer.sentence(subject), actor=actor, data=asdict(answer))
    values = {"subject": subject, **asdict(answer)}
    say(ctx.journal, ctx.run_id, _key(ctx, "answer", ANSWERED, answer.task), "approved", **values)


def refused(ctx: RunContext, subject: str, answer: Answer) -> None:
    """Write down that a yes does not count, because it is by the one who triggered it; the question stays open."""
    text = f"{answer.sentence(subject)} It does not count: {answer.who} triggered it, and the migration wants four eyes"
    ctx.journal.event(ctx.run_id, REFUSED, f"{text} (approvals.four_eyes).", actor=answer.who, data=asdict(answer))
    key = _key(ctx, "refused", REFUSED, answer.task)
    say(ctx.journal, ctx.run_id, key, "approval_refused", subject=subject, who=answer.who)


def postponed(ctx: RunContext, subject: str, answer: Answer, *, minutes: int) -> None:
    """Write down that the answer has to wait; the question stays open, so the run is looked after as before."""
    when = f"for {minutes} minutes" if minutes else "until it is answered"
    text = f"{subject} Postponed {when}, by {answer.who}."
    data = {"task": answer.task, "minutes": minutes, "who": answer.who, "words": answer.words}
    ctx.journal.event(ctx.run_id, POSTPONED, text + (f" {answer.words}" if answer.words else ""), data=data)
    if minutes:
        key = _key(ctx, "postponed", POSTPONED, answer.task)
        say(ctx.journal, ctx.run_id, key, "postponed", **{**data, "subject": subject})


def withdraw(ctx: RunContext, dag_run_id: str) -> int:
    """Write down that the DAG run's open questions are of no interest any more; return how many there were."""
    # Also those from before the run's last change of state: what is withdrawn has to be written down once.
    events = [e for e in ctx.journal.events(ctx.run_id) if e.kind in (ASKED, ANSWERED, WITHDRAWN)]
    found = [question for question in open_questions(events) if question.dag_run_id == dag_run_id]
    for question in found:
        data = {"task": question.task, "dag_run_id": dag_run_id}
        ctx.journal.event(ctx.run_id, WITHDRAWN, f"{question.text} Withdrawn: the run has moved on.", data=data)
    return len(found)


def of_event(place: Place, event: dict[str, Any], *, yes: str, later: str | None) -> Answer:
    """Read the answer that Airflow hands over: chosen options, who responded, and the form's words."""
    user = event.get("responded_by_user") or {}
    who = user.get("name") or user.get("id")
    chosen = event["chosen_options"]
    return Answer(
        place.task,
        approved=chosen == [yes],
        who=who or NOBODY,
        words=(event.get("params_input") or {}).get("words") or None,
        later=later is not None and chosen == [later],
        timed_out=not who,
        dag_run_id=place.dag_run_id,
    )


def names(event: dict[str, Any]) -> set[str]:
    """Return by what the one who answered is known: name and id."""
    user = event.get("responded_by_user") or {}
    return {str(user[key]) for key in ("name", "id") if user.get(key)}


def _key(ctx: RunContext, what: str, kind: str, task: str) -> str:
    """Return a message's key for what has just been written down: each time is a message of its own."""
    times = sum(1 for e in ctx.journal.events(ctx.run_id, kind=kind) if (e.data or {}).get("task") == task)
    return f"{what}_{task}_{times}"
