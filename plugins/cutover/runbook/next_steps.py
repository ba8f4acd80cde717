"""What is open, what to do next, and the way back, with the exact commands."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from cutover.messages.head import waits_for
from cutover.runbook.page import Block, Code, Items, Listing, Paragraph, Section, Text
from cutover.runbook.story import Story
from cutover.runbook.words import brief, moment

NO_WAY_BACK = frozenset({"rolled_back", "finalizing", "finalized"})


def what_is_open(story: Story) -> Section:
    """Return what still has to be done, by whom it can be said."""
    return Section("What is open, and what to do next", (Items(tuple(_open(story))),))


def way_back(story: Story) -> Section:
    """Return how the run is taken back, or why there is no way."""
    run = story.run
    if run.state in NO_WAY_BACK:
        words = {
            "rolled_back": "The run was taken back: there is nothing left to go back from.",
            "finalizing": "There is none any more: the run is being finalized.",
            "finalized": "There is none any more: the run is finalized. Write a migration that changes things back.",
        }
        return Section("The way back", (Paragraph(words[run.state]),))
    blocks: list[Block] = [Paragraph(_until(story))]
    blocks += _commands(f"rollback_{run.strategy}", "rollback", run.run_id, "reason")
    points = story.of_kind("backup")
    if points:
        text = f"The last resort, which loses what was written since: {brief(points[-1].text)}"
        blocks.append(Paragraph(text))
    return Section("The way back", tuple(blocks))


def _until(story: Story) -> Text:
    run = story.run
    if run.swapped_at and run.window_ends_at:
        until = f"Open until {moment(run.window_ends_at)}. "
        return f"{until}What was written since the cutover is kept. In Airflow, trigger the DAG, or use the terminal:"
    return "Nothing was cut over: going back removes what the run has made. Trigger the DAG, or use the terminal:"


def _commands(dag: str, command: str, run_id: str, reason: str | None = None) -> Iterator[Block]:
    conf = {"run": run_id, **({reason: "..."} if reason else {})}
    yield Paragraph(("DAG ", Code(dag), " with ", Code(json.dumps(conf))))
    yield Listing(f"python -m cutover {command} {shlex.quote(run_id)}", "sh")


def _open(story: Story) -> Iterator[Text]:
    run = story.run
    question = waits_for(list(story.events))
    if question and story.going_on:
        yield ("An answer is waited for, under Required Actions: ", question)
    if run.state == "window":
        until = f" on {moment(run.window_ends_at)}" if run.window_ends_at else ""
        conf = json.dumps({"run": run.run_id})
        early = (", before the window has ended with ", Code("early"), " as well")
        yield (f"The window ends{until}; then ", Code("finalize_due"), " finalizes the run.")
        yield ("To finalize by hand: DAG ", Code("finalize"), " with ", Code(conf), *early)
        yield "Until then the old side follows: watch its lag on the page Migrations."
    elif run.state in ("failed", "aborted"):
        yield ("It was not taken back: trigger ", Code(f"rollback_{run.strategy}"), ", or mend the cause and go on.")
    elif run.state == "rolling_back":
        yield ("The rollback has to come to its end: clear its failed task, or trigger it again; it goes on there.")
    elif run.state == "rolled_back":
        yield "Fill in the post-mortem draft: its blanks are for people."
        yield ("When the cause is mended, trigger the DAG ", Code(run.strategy), " again: it begins a new run.")
    elif run.state == "finalized":
        yield "Nothing: the run is finalized."
    elif any(event.text.startswith("stop and wait") for event in story.of_kind("decision")):
        yield ("It has stopped, and waits for a person: trigger ", Code(f"rollback_{run.strategy}"), ".")
    elif story.going_on:
        yield "The run goes on by itself; this document grows with it."
