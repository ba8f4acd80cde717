"""The figures of a run: rows, rates, lag, pause, downtime, and where the time went."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from cutover.approvals.asked import ANSWERED, ASKED
from cutover.journal.records import Sample
from cutover.messages import words
from cutover.messages.facts import COUNTED_STEPS, copied
from cutover.messages.words import plural
from cutover.runbook.page import Code, Table, Text
from cutover.runbook.story import Story
from cutover.runbook.words import moment, since

CUTOVERS = ("swap", "cut_over", "new_only")
BACK = ("roll_back", "restore_point")
Figure = tuple[str, Text]


def table(story: Story) -> Table | None:
    """Return the figures; none before there are any."""
    rows = tuple(figures(story))
    return Table("Figures of the run", ("What", "Figure"), rows) if rows else None


def figures(story: Story) -> Iterator[Figure]:
    """Yield what was measured."""
    yield from _moved(story)
    yield from _cutover(story)
    yield from _back(story)
    yield from _work(story)


def pause_ms(story: Story) -> float | None:
    """Return for how long the cutover held clients."""
    return _first(story, CUTOVERS, "pause_ms")


def way_back(story: Story) -> dict[str, Any]:
    """Return what the rollback measured; empty where there was none."""
    return next((found for name in BACK if (found := story.done(name))), {})


def downtimes(story: Story) -> list[float]:
    """Return for how long doors were closed, in seconds: each time."""
    events = [event.data or {} for event in story.of_kind("doors")]
    return [float(data["downtime_s"]) for data in events if data.get("downtime_s") is not None]


def waited(story: Story) -> float:
    """Return the seconds for which the run waited for people to answer."""
    total, asked = 0.0, None
    for event in story.of_kind(ASKED, ANSWERED):
        if event.kind == ASKED:
            asked = asked or event.at
        elif asked is not None:
            total, asked = total + (event.at - asked).total_seconds(), None
    return total + (max(0.0, (story.end - asked).total_seconds()) if asked is not None and story.going_on else 0.0)


def lag(story: Story) -> Iterator[tuple[str, list[Sample]]]:
    """Yield the samples of each series, in order."""
    ordered = sorted(story.samples, key=lambda sample: sample.series)
    for series, found in groupby(ordered, key=lambda sample: sample.series):
        yield series, list(found)


def _moved(story: Story) -> Iterator[Figure]:
    whole = copied(story.progress)
    if whole:
        yield "Rows copied", words.number(whole["done"])
    steps = [p for p in story.progress if p.step in COUNTED_STEPS]
    detail = story.done("copy_data")
    if detail.get("bytes"):
        yield "Data copied", words.volume(detail["bytes"])
    if detail.get("rows_per_second"):
        yield "Copied per second", f"{words.number(detail['rows_per_second'])} rows"
    elif whole and steps:
        seconds = (max(p.updated_at for p in steps) - min(p.started_at for p in steps)).total_seconds()
        if seconds > 0:
            yield "Copied per second", f"{words.number(whole['done'] / seconds)} rows"


def _cutover(story: Story) -> Iterator[Figure]:
    pause = pause_ms(story)
    if pause is not None:
        yield "Pause of the cutover", f"{pause:,.1f} ms" if pause else "nobody was held"
    attempts = _first(story, CUTOVERS, "attempts")
    if attempts and attempts > 1:
        yield "Attempts at the cutover", f"{attempts:g}"
    if story.run.swapped_at:
        text = f"{moment(story.run.swapped_at)} ({since(story, story.run.swapped_at)})"
        yield "Live changed sides", text
    times = downtimes(story)
    if way_back(story).get("downtime_s") is not None:
        yield "Downtime of the way back (doors closed)", words.span(times.pop())
    for seconds in times:
        yield "Downtime (doors closed)", words.span(seconds)


def _back(story: Story) -> Iterator[Figure]:
    back = way_back(story)
    if back.get("pause_ms") is not None:
        yield "Pause of the way back", f"{back['pause_ms']:,.1f} ms"
    if back.get("seconds") is not None:
        yield "The way back took", words.span(back["seconds"])


def _work(story: Story) -> Iterator[Figure]:
    word = "Time so far" if story.going_on else "Time in all"
    yield word, words.between(story.run.started_at, story.end)
    working = sum(((s.ended_at or story.end) - s.started_at).total_seconds() for s in story.steps if s.state != "lost")
    if story.steps:
        yield "Time in steps", words.span(max(0.0, working))
        ended = [step for step in story.steps if step.ended_at]
        if ended:
            longest = max(ended, key=lambda step: (step.ended_at or step.started_at) - step.started_at)
            text = words.between(longest.started_at, longest.ended_at or longest.started_at)
            yield "Longest step", (Code(longest.name), f": {text}")
    idle = waited(story)
    if idle >= 1:
        yield "Waited for answers", words.span(idle)
    if story.statements:
        ran = sum(statement.begun for statement in story.statements)
        yield "Statements and commands", f"{words.number(ran)}, {plural(len(story.statements), 'wording')}"


def _first(story: Story, steps: tuple[str, ...], key: str) -> float | None:
    found = (story.done(name).get(key) for name in steps)
    return next((float(value) for value in found if value is not None), None)
