"""Commands and SQL that ran, step by step, in the order of their first appearance."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from cutover.journal.records import Statement
from cutover.messages import words
from cutover.messages.words import plural
from cutover.runbook.page import Block, Code, Folded, Listing, Paragraph, Part, Section
from cutover.runbook.story import Story
from cutover.runbook.words import since

# In these steps nothing is changed: what they try is rolled back, or happens in a database that is dropped.
TRYING = frozenset({"preflight", "plan"})
_OWN = re.compile(r"(?i)^(?:INSERT INTO|UPDATE|DELETE FROM|COPY)\s+(?:ONLY\s+)?\"?cutover\w*\"?\s*\.")
LANGUAGES = {"sql": "sql", "pooler": "sql"}


def section(story: Story) -> Section:
    """Return all steps, each folded."""
    if not story.statements:
        return Section("Commands and SQL that ran", (Paragraph("Nothing that changes anything was run."),))
    blocks: list[Block] = [
        Paragraph(
            "Recorded as it ran, per step, in the order of first appearance. Values are not recorded (? and %s stand"
            " for them), logins are hidden, reading is left out; what ran several times is one entry."
        )
    ]
    blocks += [_step(story, name, found) for name, found in _steps(story)]
    return Section("Commands and SQL that ran", tuple(blocks))


def _steps(story: Story) -> list[tuple[str, list[Statement]]]:
    """Return the statements by step, the steps in the order in which they began."""
    order = list(dict.fromkeys([step.name for step in story.steps] + [one.step for one in story.statements]))
    ordered = sorted(story.statements, key=lambda one: order.index(one.step))  # stable: their own order stays
    return [(name, list(found)) for name, found in groupby(ordered, key=lambda one: one.step)]


def _step(story: Story, name: str, found: list[Statement]) -> Folded:
    acts = [one for one in found if not _OWN.match(one.text)]
    notes = [one for one in found if _OWN.match(one.text)]
    calls, seconds = sum(one.begun for one in found), sum(one.seconds for one in found)
    title = f"{name}: {plural(calls, 'statement')}, {words.span(seconds)}"
    blocks: list[Block] = []
    if name in TRYING:
        text = "Tried only: in transactions that were rolled back, or in a scratch database that was dropped."
        blocks.append(Paragraph(text))
    for one in acts:
        blocks += _entry(story, one)
    if notes:
        inner = tuple(block for one in notes for block in _entry(story, one))
        blocks.append(Folded(f"The run's own notes in the database: {plural(len(notes), 'wording')}", inner))
    return Folded(title, tuple(blocks))


def _entry(story: Story, one: Statement) -> Iterator[Block]:
    yield Paragraph(tuple(_caption(story, one)))
    yield Listing(one.text, LANGUAGES.get(one.kind, "sh"))


def _caption(story: Story, one: Statement) -> Iterator[Part]:
    yield since(story, one.first_at)
    if one.place:
        yield from (" · ", Code(one.place))
    if one.begun > 1:
        yield f" · {words.number(one.begun)} times"
    if one.rows:
        yield f" · {plural(one.rows, 'row')}"
    yield f" · {words.span(one.seconds)}"
    if one.begun > 1:
        yield f" in all, {words.span(one.longest)} at most"
    if one.failed:
        yield f" · {one.failed:,} failed"
    if left := one.begun - one.ended - one.failed:
        yield f" · {left:,} without an end"
    if len(one.attempts) > 1:
        yield f" · attempts {', '.join(map(str, one.attempts))}"
