"""A whole night: five migrations, all strategies, one that cannot be done, and a scheduler that is killed meanwhile."""

from __future__ import annotations

import time

import pytest

from cutover.connections import from_environment
from cutover.journal.records import Rehearsal
from cutover.journal.store import Journal
from localstack.stack import Stack
from support.scheduler_death import awaited, kill_scheduler
from support.staging import ROWS, seen

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]
STRATEGIES = {
    "night_online": "online",
    "night_blue_green": "blue_green",
    "night_window": "stop_the_world",
    "night_dual_write": "dual_write",
    "night_fails": "online",
}
CHANNEL = "#the-night"
MINUTES = 10


def in_the_middle(journal: Journal, night: str) -> bool:
    """Whether some rehearsals are there and working, and others are still to come."""
    runs = [run for one in journal.rehearsals(night=night) for run in journal.runs_of_rehearsal(one.rehearsal_id)]
    return len({run.state for run in runs}) > 1 and any(run.swapped_at for run in runs)


def test_a_night_with_five_migrations_and_a_killed_scheduler(staging: Stack) -> None:
    stack, before, api = staging, seen(staging), staging.api
    api.wait_for_dag("nightly_dry_run")
    began = time.monotonic()
    dag_run_id = api.trigger("nightly_dry_run", {"channel": CHANNEL, "only": list(STRATEGIES)})
    with Journal(from_environment("cutover_journal")) as journal:
        night = awaited("the night's run", 120, lambda: next(iter(journal.runs(strategy="rehearsal", limit=1)), None))
        awaited("the middle of it", 400, lambda: in_the_middle(journal, night.run_id))
        kill_scheduler(stack)
        stack.up(say=lambda _: None)
        ended = api.wait_for_run("nightly_dry_run", dag_run_id, seconds=900)
        took = time.monotonic() - began
        found = {one.migration: one for one in journal.rehearsals(night=night.run_id)}
        report = journal.document(night.run_id, "report.md").text

    assert ended["state"] == "success", "a no-go is no failure of the night"
    verdicts = {name: one.verdict for name, one in found.items()}
    assert verdicts == {name: "no_go" if name == "night_fails" else "go" for name in STRATEGIES}, report
    assert "products_are_cheap" in " ".join(found["night_fails"].reasons)
    for name, one in found.items():
        assert one.strategy == STRATEGIES[name] and one.cleared_at is not None
        if name != "night_fails":
            measured(one)
    masked = found["night_online"].figures["masked"]
    assert list(masked) == ["shop.customers"] and masked["shop.customers"] >= ROWS
    assert seen(stack) == before, "staging is as it was"

    told = [message for message in stack.slack.messages() if message["method"] == "chat.postMessage"]
    said = [message for message in told if message["channel"] == CHANNEL]
    first, *answers = said
    assert len(said) == 1 + len(STRATEGIES), [message["text"][:80] for message in said]
    assert "Nightly dry run: 4 go, 1 no-go" in first["text"]
    assert {answer["thread_ts"] for answer in answers} == {first["ts"]}
    assert took < MINUTES * 60


def measured(one: Rehearsal) -> None:
    """There, back and there again, with figures and a forecast."""
    first, second = one.figures["runs"]
    assert first["state"] == "rolled_back" and second["state"] == "finalized"
    assert first["seconds"] > 0 and first["back_seconds"] > 0 and first["passed"] > 0
    felt = first["downtime_s"] if one.strategy == "stop_the_world" else first["pause_ms"]
    assert felt is not None and felt >= 0
    assert one.figures["forecast"]["seconds"] > 0
    assert one.figures["changes"] == ["rehearsed for the first time"]
