"""The draft of a post-mortem: what the journal knows is written down, what only people know is asked."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.messages import words
from cutover.messages.words import plural
from cutover.runbook import figures, timeline
from cutover.runbook.document import head
from cutover.runbook.issues import failed_steps, issues
from cutover.runbook.observations import brief_figures
from cutover.runbook.page import Blanks, Block, Code, Facts, Items, Page, Paragraph, Section, Table, Text, Verdict
from cutover.runbook.story import Story
from cutover.runbook.verdicts import seen
from cutover.runbook.words import brief, moment, since


def post_mortem(story: Story) -> Page:
    """Return the draft; it makes most sense for a run that was taken back or has failed."""
    run = story.run
    blocks: tuple[Block, ...] = (
        _summary(story),
        Facts(tuple(head(story))),
        Section("What happened", tuple(Paragraph(text) for text in _told(story))),
        Section("Impact", (Table("What it cost", ("What", "How much"), tuple(_impact(story))),)),
        Section("Trigger and reason", tuple(_trigger(story))),
        Section("What the checks caught", tuple(_caught(story))),
        Section("Contributing facts", tuple(_facts(story))),
        Section("What went well", (Items(tuple(_well(story))),)),
        Section("Timeline", (timeline.table(story, _decisive(story)),)),
        Section("Open questions", (Blanks(QUESTIONS),)),
        Section("Follow-ups", (Blanks(tuple(_follow_ups(story))),)),
    )
    note = f"Post-mortem, a draft made of the run's journal at {moment(story.now)}. Blanks are for people to fill in."
    return Page(f"Post-mortem: {'[Dry run] ' if run.dry_run else ''}{run.title}", note, blocks)


QUESTIONS = (
    ("Did anybody notice, and who was told first?", "(customers, support, on-call)"),
    ("Why did it happen?", "(the cause behind the reason above, as far down as it goes)"),
    ("Why was it not found before?", "(preflight, rehearsal, review, monitoring)"),
    ("What was luck?", "(what would have made it worse)"),
    ("What was hard to see or slow to decide?", "(for those who stood by)"),
)


def _summary(story: Story) -> Verdict:
    run = story.run
    if run.state == "rolled_back":
        lost = _lost(story)
        kept = f"{words.number(lost['rows'])} rows are not there any more" if lost else "no row was lost"
        return Verdict("warn" if not lost else "bad", f"Taken back and verified; {kept}.")
    return Verdict("bad", f"{words.state(run.state)}: this draft is of a run that was not taken back (yet).")


def _told(story: Story) -> Iterator[Text]:
    run = story.run
    by = f" by {run.triggered_by}" if run.triggered_by else ""
    yield f"The migration was started at {moment(run.started_at)}{by}."
    failed = failed_steps(story)
    if failed:
        last = failed[-1]
        yield ("Step ", Code(last.name), f" went wrong at {since(story, last.started_at)}: {brief(last.error)}")
    if run.swapped_at:
        yield f"Live had changed sides at {moment(run.swapped_at)} ({since(story, run.swapped_at)})."
    else:
        yield "Live had not changed sides: applications were on the old side all the time."
    for event in story.of_kind("state"):
        data = event.data or {}
        if data.get("to") == "rolling_back":
            by = f" by {event.actor}" if event.actor else ""
            come = words.state(str(data.get("from")))
            yield f"It was taken back from {moment(event.at)} on{by}, and had come to “{come}”."
    if run.state == "rolled_back" and run.ended_at:
        yield f"The old side was live and verified again at {moment(run.ended_at)} ({since(story, run.ended_at)})."


def _impact(story: Story) -> Iterator[tuple[Text, Text]]:
    run, back = story.run, figures.way_back(story)
    there, again = figures.pause_ms(story), back.get("pause_ms")
    changed = "no" if not run.swapped_at else "yes, and back" if run.state == "rolled_back" else "yes"
    yield "Live changed sides", changed
    if there is not None:
        yield "Clients held by the cutover", f"{there:,.1f} ms"
    if again is not None:
        yield "Clients held by the way back", f"{again:,.1f} ms"
    downtimes = figures.downtimes(story)
    yield "Downtime (doors closed)", " + ".join(words.span(seconds) for seconds in downtimes) or "none"
    on_new = [event for event in story.of_kind("state") if (event.data or {}).get("to") == "rolling_back"]
    if run.swapped_at and on_new:
        yield "Applications were on the new side for", words.between(run.swapped_at, run.ended_at or story.now)
    lost = _lost(story)
    if lost:
        within = f", written within {words.span(lost['minutes'] * 60)}" if lost.get("minutes") is not None else ""
        yield "Rows that are not there any more", f"{words.number(lost['rows'])}{within}"
    elif run.state == "rolled_back":
        differing = (back.get("exact") or {}).get("row_diff", back.get("row_diff"))
        proof = "; a row diff at the moment of going back found 0 differences" if differing == 0 else ""
        yield "Rows lost", f"0{proof}"


def _lost(story: Story) -> dict[str, float]:
    """Return what the last resort has left behind; empty where nothing is lost."""
    lost = figures.way_back(story).get("lost")
    if not isinstance(lost, dict) or not lost:
        return {}
    return {"rows": lost.get("rows") or 0, **{key: lost[key] for key in ("minutes",) if lost.get(key) is not None}}


def _trigger(story: Story) -> Iterator[Block]:
    yield Paragraph(brief(story.run.reason) or "No reason was given.")
    decisions = [f"{since(story, event.at)}: {brief(event.text)}" for event in story.of_kind("decision")]
    refused = [e for e in story.of_kind("approval") if (e.data or {}).get("approved") is False]
    decisions += [f"{since(story, event.at)}: {brief(event.text)}" for event in refused]
    if decisions:
        yield Items(tuple(decisions))


def _caught(story: Story) -> Iterator[Block]:
    caught = [(one.trouble, one.often) for one in seen(story.checks) if one.trouble]
    if not caught:
        yield Paragraph("No check failed or warned.")
        return
    rows = tuple((Code(c.code), c.name, c.object or "", c.summary, n, brief_figures(c.figures)) for c, n in caught)
    head = ("Code", "Check", "Object", "What was found", "How often", "Figures")
    yield Table("Checks that did not pass", head, rows)


def _facts(story: Story) -> Iterator[Block]:
    found = issues(story)
    yield Items(tuple(found)) if found else Paragraph("The journal knows of none.")


def _well(story: Story) -> Iterator[Text]:
    run, back = story.run, figures.way_back(story)
    passed = sum(one.trouble is None for one in seen(story.checks))
    if passed:
        yield f"{plural(passed, 'check')} passed."
    if not run.swapped_at:
        yield "It was stopped before the cutover: nobody but the operators was concerned."
    if back:
        within = f" in {words.span(back['seconds'])}" if back.get("seconds") else ""
        yield f"The way back came to its end{within}."
    if run.state == "rolled_back" and not _lost(story):
        yield "Nothing that was written is lost."
    if back.get("dropped"):
        yield "Everything that the run had made was removed."


def _decisive(story: Story) -> list[timeline.Moment]:
    """Return what led there: trouble, states, decisions; steps that went through are in the runbook."""
    return [one for one in timeline.moments(story) if not one.routine]


def _follow_ups(story: Story) -> Iterator[tuple[str, str]]:
    yield "Mend the cause:", "(what, who, until when)"
    for check in [one.trouble for one in seen(story.checks) if one.trouble and one.trouble.blocks][:3]:
        where = f" ({check.object})" if check.object else ""
        yield f"See to {check.code}:", f"{check.name}{where}: {brief(check.summary)}"
    yield "Have it found earlier:", "(a check, a preflight rule, a suite, an alert)"
    yield "Rehearse it:", f"(a dry run of {story.run.migration} that shows it to be mended)"
    yield "Tell those who were told:", "(when is the next try?)"
