"""The runbook: what a run did, as somebody would have written it down who had stood by all the time."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.messages import words
from cutover.messages.words import plural
from cutover.runbook import commands, figures, next_steps, observations, timeline
from cutover.runbook.issues import issues
from cutover.runbook.page import Block, Code, Facts, Items, Link, Page, Paragraph, Section, Text, Verdict
from cutover.runbook.story import Story
from cutover.runbook.verdicts import seen, troubles
from cutover.runbook.words import brief, moment


def runbook(story: Story) -> Page:
    """Return the runbook of a run, also of one that is still going on."""
    run = story.run
    so_far = ", so far" if story.going_on else ""
    measured = figures.table(story)
    found = issues(story)
    blocks: list[Block] = [
        _verdict(story),
        Facts(tuple(head(story))),
        Section("Figures", (measured,) if measured else (Paragraph("None yet."),)),
        Section("Issues", (Items(tuple(found)) if found else Paragraph("None: everything went through at once."),)),
        Section("Timeline", (timeline.table(story, timeline.moments(story)),)),
        observations.checks(story),
        observations.lags(story),
        next_steps.what_is_open(story),
        next_steps.way_back(story),
        commands.section(story),
    ]
    dry = "[Dry run] " if run.dry_run else ""
    note = f"Runbook{so_far}, made of the run's journal at {moment(story.now)}. Times are in UTC."
    return Page(f"{dry}{run.title}", note, tuple(blocks))


def head(story: Story) -> Iterator[tuple[str, Text]]:
    """Yield what the run is: names, people, moments."""
    run = story.run
    sides = [Code(str(side)) for side in (run.spec.get("source"), run.spec.get("target")) if side]
    yield "Run", Code(run.run_id)
    yield "Migration", (Code(run.migration), f", strategy {run.strategy.replace('_', '-')}")
    yield "Databases", (sides[0], " to ", sides[1]) if len(sides) == 2 else tuple(sides) or run.database
    tables = [Code(str(table.get("name"))) for table in run.spec.get("tables") or []]
    if tables:
        yield "Tables", tuple(part for table in tables for part in (table, " "))
    if run.spec.get("owner"):
        yield "Owner", str(run.spec["owner"])
    yield "Started", f"{moment(run.started_at)}{f', by {run.triggered_by}' if run.triggered_by else ''}"
    if run.swapped_at:
        yield "Cut over", moment(run.swapped_at)
    if run.window_ends_at and run.state in ("watching", "window"):
        yield "Way back open until", moment(run.window_ends_at)
    if run.ended_at:
        yield "Ended", moment(run.ended_at)
    yield ("Took so far" if story.going_on else "Took"), words.between(run.started_at, story.end)
    if run.reason:
        yield "Reason", brief(run.reason)
    if run.rehearsal_of:
        yield "Rehearsal of", Code(run.rehearsal_of)
    yield from _links(story)


def _links(story: Story) -> Iterator[tuple[str, Text]]:
    if story.airflow:
        yield "Airflow", Link("the DAG run", story.airflow)
    # The run's own runbooks are what is read here.
    names = [d.name for d in story.documents if not d.name.startswith(("runbook.", "post-mortem."))]
    if names:
        linked = [part for name in names for part in (story.document(name), ", ")][:-1]
        yield "Documents", tuple(linked)  # type: ignore[arg-type]


def _verdict(story: Story) -> Verdict:
    run = story.run
    if run.state == "finalized":
        return Verdict("good", "✓ Finalized: the new side is live for good.")
    if run.state == "window":
        until = f" until {moment(run.window_ends_at)}" if run.window_ends_at else ""
        wrong = sorted({one.last.name for one in seen(story.checks) if troubles(one.last)})
        if wrong:
            return Verdict("warn", f"✓ Cut over, but not all is well: {', '.join(wrong)}. The way back is open{until}.")
        return Verdict("good", f"✓ Cut over, and all is well. The way back is open{until}.")
    if run.state == "rolled_back":
        where = "Live had changed sides, and is on the old one again." if run.swapped_at else "Nothing was cut over."
        return Verdict("warn", f"↩ Rolled back. {where}")
    if run.state in ("failed", "aborted"):
        where = "The new side is live." if run.swapped_at else "The old side is live; nothing was cut over."
        return Verdict("bad", f"✗ {words.state(run.state)}, and not taken back. {where}")
    failed = sum(one.last.blocks for one in seen(story.checks))
    trouble = f"; {plural(failed, 'check')} failed" if failed else ""
    return Verdict("warn" if failed or run.state == "rolling_back" else "good", f"… {words.state(run.state)}{trouble}.")
