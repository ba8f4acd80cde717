"""What did not go smoothly: attempts that failed, workers that died, locks, lag, failed checks, unsent messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cutover.journal.records import Statement, Step
from cutover.messages.words import plural
from cutover.runbook.page import Code, Strong, Text
from cutover.runbook.story import Story
from cutover.runbook.verdicts import seen
from cutover.runbook.words import brief, since

# kind of event -> what it tells of
TROUBLE = {
    "blocker ended": "a session in the way was ended",
    "lag": "lag",
    "message_failed": "messages could not be sent",
    "endangered": "the way back was in danger",
    "cutover settled": "a cutover was left in the middle",
    "ddl": "the schema was changed meanwhile",
}
ENDS = {"failed": "failed", "cancelled": "was stopped", "lost": "was lost: its worker died"}
WARNING = "warning"


def issues(story: Story) -> list[Text]:
    """Return one text per issue, in order of kind and time."""
    return [*_steps(story), *_events(story), *_refused(story), *_checks(story), *_statements(story)]


def failed_steps(story: Story) -> list[Step]:
    return [step for step in story.steps if step.state in ENDS]


def _steps(story: Story) -> Iterator[Text]:
    for step in failed_steps(story):
        error = f" {brief(step.error)}" if step.error else ""
        how = f" (attempt {step.attempt}) {ENDS[step.state]} at {since(story, step.started_at)}."
        yield ("Step ", Code(step.name), how, error)


def _events(story: Story) -> Iterator[Text]:
    for event in story.events:
        key = str((event.data or {}).get("key", ""))
        if event.kind in TROUBLE:
            yield f"{since(story, event.at)}: {TROUBLE[event.kind]}: {brief(event.text)}"
        elif event.kind == "message" and key.startswith(WARNING):
            yield f"{since(story, event.at)}: warning: {brief(event.text).removeprefix(':warning: ')}"


def _refused(story: Story) -> Iterator[Text]:
    for step in story.steps:
        refused = step.detail.get("refused")
        if isinstance(refused, list) and refused:
            what = f": {plural(len(refused), 'attempt')} at the critical section changed nothing: {brief(refused[-1])}"
            yield ("Step ", Code(step.name), what)


def _checks(story: Story) -> Iterator[Text]:
    for one in seen(story.checks):
        if check := one.trouble:
            where = f" ({check.object})" if check.object else ""
            kind = "Failed check" if check.blocks else "Warning of a check"
            often = f" ({one.often})" if one.often else ""
            yield (f"{kind} ", Code(check.code), f": {check.name}{where}: {brief(check.summary)}{often}")


def _statements(story: Story) -> Iterator[Text]:
    wrong = {step.name for step in failed_steps(story)}
    dealt_with: Counter[str] = Counter()
    for one in story.statements:
        cut_off = 0 if _running(story, one) else one.begun - one.ended - one.failed
        if one.failed and one.step in wrong:
            yield (Strong(plural(one.failed, "call")), " failed in step ", Code(one.step), ": ", _short(one))
        elif one.failed:
            dealt_with[one.step] += one.failed
        if cut_off:
            yield (Strong(plural(cut_off, "call")), " cut off in step ", Code(one.step), ": ", _short(one))
    for name, calls in dealt_with.items():
        yield ("Step ", Code(name), f": {plural(calls, 'call')} failed, which it dealt with itself; see the commands.")


def _running(story: Story, one: Statement) -> bool:
    return any(step.name == one.step and step.state == "running" for step in story.steps)


def _short(one: Statement) -> Code:
    line = " ".join(one.text.split())
    return Code(line if len(line) <= 120 else f"{line[:119]}\u2026")
