"""Tell people once that something is over its limit, and once that it is well again, as the journal knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.messages import milestones
from cutover.observing import words
from cutover.observing.judging import Judgement, Verdict, name_of
from cutover.spec.models import Migration

OVER, BACK, KEPT = "over:", "normal:", "kept:"
Say = Callable[..., None]


def tell(journal: Journal, run: Run, spec: Migration, judgement: Judgement, say: Say) -> None:
    """Say what is new since the last time, each with a key of its own.

    :param say: ``say(journal, run_id, key, template, **values)``, which puts a message on its way.
    """
    told = _told(journal, run.run_id)
    for verdict in judgement.warnings:
        if OVER + verdict.key not in told:
            advice = words.advice(run, spec, judgement, verdict)
            say(journal, run.run_id, OVER + verdict.key, "over_limit", **_values(verdict), advice=advice)
        if verdict.level == "act" and judgement.obstacle and KEPT + verdict.key not in told:
            text = f"{words.named(verdict.check)} is still over its limit, and the run is not taken back by itself:"
            text += f" {judgement.obstacle}. By hand: {words.by_hand(run)}."
            say(journal, run.run_id, KEPT + verdict.key, "warning", text=text)
    for verdict, key in _well_again(judgement, told):
        say(journal, run.run_id, BACK + key, "back_to_normal", **_values(verdict))


def _told(journal: Journal, run_id: str) -> list[str]:
    events = journal.events(run_id, kind=milestones.KIND)
    return [str(event.data["key"]) for event in events if event.data and event.data.get("key")]


def _well_again(judgement: Judgement, told: list[str]) -> Iterator[tuple[Verdict, str]]:
    """Yield what was told to be over its limit, is not any more, and the end of which was not told."""
    keys = [each.removeprefix(OVER) for each in told if each.startswith(OVER)]
    latest = {key.rpartition(":")[0]: key for key in keys}
    for verdict in judgement.verdicts:
        key = latest.get(name_of(verdict.check))
        if key and verdict.level == "fine" and BACK + key not in told:
            yield verdict, key


def _values(verdict: Verdict) -> dict[str, Any]:
    return {"name": words.named(verdict.check), "text": verdict.check.summary, "since": verdict.since}
