"""Who is told what and when: the timeline, without clock, journal or channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cutover.journal.records import Announced, Event, Run
from cutover.messages.announcements.entry import Entry
from cutover.messages.announcements.planned import occasion, planned
from cutover.messages.announcements.running import running
from cutover.messages.announcements.texts import exists
from cutover.spec.announcing import Announce
from cutover.spec.models import Migration

T = datetime(2026, 12, 6, 2, 0, tzinfo=UTC)
H, MIN = timedelta(hours=1), timedelta(minutes=1)
PLACES = {
    "developers": {"channel": "#dev"},
    "operations": {"channel": "#ops"},
    "end_users": {"channel": "#users", "service": "the shop"},
}


def spec(window_start: datetime | None = T, audiences: dict[str, Any] | None = None, **more: Any) -> Migration:
    announce = Announce.model_validate({"window_start": window_start, "audiences": audiences or PLACES})
    values = {"strategy": "blue_green", "target": "shop_green", "router": "pool", **more}
    return Migration(name="shop_18", title="The shop", owner="data", source="shop", announce=announce, **values)


def run(state: str = "filling", started: datetime = T, plan: Migration | None = None, **more: Any) -> Run:
    plan = plan or spec()
    values: dict[str, Any] = {
        "run_id": f"shop_18.{started:%Y%m%dT%H%M%S}",
        "number": 1,
        "migration": "shop_18",
        "strategy": plan.strategy,
        "title": "The shop",
        "database": "db",
        "state": state,
        "reason": None,
        "dag_id": None,
        "dag_run_id": None,
        "triggered_by": "olga",
        "dry_run": False,
        "rehearsal_of": None,
        "started_at": started,
        "swapped_at": None,
        "window_ends_at": None,
        "ended_at": None,
        "spec": plan.snapshot(),
    }
    return Run(**{**values, **more})


def done(state: str = "window", at: datetime = T + H, **more: Any) -> tuple[Run, list[Event]]:
    """A run that cut over at ``at``, with its events."""
    found = run(state, swapped_at=at, window_ends_at=at + 48 * H, **more)
    return found, [message("started", T), message("cut_over", at, pause_ms=42.0, attempts=1), moved_to("window", at)]


def message(name: str, at: datetime, key: str | None = None, **values: Any) -> Event:
    return Event(at, "message", "...", None, {"key": key or name, "template": name, "values": values})


def moved_to(state: str, at: datetime) -> Event:
    return Event(at, "state", state, None, {"from": "x", "to": state})


def said(moment: str, audience: str = "end_users", *, window: datetime = T, at: datetime = T - H, **more: Any) -> Any:
    values = {"occasion": occasion(window), "key": moment, "run_id": None, "late": False, "uncertain": False, **more}
    where = {"channel": "#x", "channel_id": None, "ts": "1", "sent_at": at, "window_start": window}
    return Announced(migration="shop_18", audience=audience, moment=moment, **{**where, **values})


def due(entries: list[Entry], now: datetime, audience: str = "end_users", told: Any = ()) -> list[str]:
    """What would be sent to one audience now, with a + where it says that it is late."""
    out = {each.what for each in told}
    found = [e for e in entries if e.audience == audience and e.due(now) and e.what not in out]
    return [e.moment + ("+" if e.late(now) else "") for e in found]


def before(
    now: datetime, *, told: Any = (), runs: Any = (), plan: Migration | None = None, audience: str = "end_users"
):  # type: ignore[no-untyped-def]
    return due(planned(plan or spec(), runs, told, now, exists), now, audience, told)


@pytest.mark.parametrize(
    ("now", "told", "expected"),
    [
        (T - 25 * H, [], []),
        (T - 24 * H, [], ["before_24h"]),
        (T - 24 * H + 9 * MIN, [], ["before_24h"]),
        (T - 20 * H, [], ["before_24h+"]),
        (T - 20 * H, ["before_24h"], []),
        (T - 2 * H, ["before_24h"], ["before_2h"]),
        # Nobody was there a day before: a reminder of two hours says it all.
        (T - 2 * H, [], ["before_2h"]),
        (T - H, [], ["before_2h+"]),
        # The time has come: what was to come before it is nonsense now.
        (T, [], []),
        (T + H, [], []),
    ],
)
def test_reminders(now: datetime, told: list[str], expected: list[str]) -> None:
    for audience in PLACES:
        sent = [said(moment, audience) for moment in told]
        assert before(now, told=sent, audience=audience) == expected


def test_without_a_time_there_are_no_reminders() -> None:
    assert planned(spec(None), [], [], T, exists) == []


def test_an_audience_that_wants_one_of_them_gets_it_until_the_time_has_come() -> None:
    only = spec(audiences={"operations": {"channel": "#ops", "moments": ["before_24h"]}})
    assert before(T - H, plan=only, audience="operations") == ["before_24h+"]
    assert before(T - H, plan=only) == []


def test_a_run_that_went_before_its_time_needs_no_reminder_unless_it_was_taken_back() -> None:
    through, _ = done(at=T - 10 * H)
    assert before(T - 2 * H, runs=[through]) == []
    assert before(T - 2 * H, runs=[run("rolled_back", T - 20 * H, swapped_at=T - 10 * H)]) == ["before_2h"]
    assert before(T - 2 * H, runs=[run("failed", T - 20 * H)]) == ["before_2h"]


def test_a_new_time_is_told_to_those_who_know_the_old_one() -> None:
    later = spec(T + 72 * H)
    told = [said("before_24h", "developers", at=T - 24 * H)]
    assert before(T - 10 * H, plan=later, told=told, audience="developers") == ["moved"]
    assert before(T - 10 * H, plan=later, told=told, audience="operations") == []
    (entry,) = [e for e in planned(later, [], told, T - 10 * H, exists) if e.moment == "moved"]
    assert entry.values["before"] == T and entry.occasion == "planned 2026-12-09T02:00:00Z"
    told.append(said("moved", "developers", window=T + 72 * H, at=T - 10 * H, key=entry.key))
    assert before(T - 9 * H, plan=later, told=told, audience="developers") == []
    assert before(T + 48 * H, plan=later, told=told, audience="developers") == ["before_24h"]


def test_a_reminder_that_the_news_of_the_new_time_has_overtaken_is_left_out() -> None:
    sooner, told = spec(T - 5 * H), [said("before_24h", at=T - 24 * H)]
    assert before(T - 20 * H, plan=sooner, told=told) == ["moved"]
    told.append(said("moved", window=T - 5 * H, at=T - 20 * H, key="moved_1"))
    assert before(T - 20 * H, plan=sooner, told=told) == []
    assert before(T - 7 * H, plan=sooner, told=told) == ["before_2h"]


def test_a_new_time_holds_for_a_run_that_was_begun_beforehand() -> None:
    """Days of copying come before the time at which it begins for everybody else."""
    early, later = run("filling", T - 60 * H), spec(T + 24 * H)
    told = [
        said("started", "operations", run_id=early.run_id, occasion=early.run_id, at=T - 60 * H),
        said("before_24h", "operations", at=T - 24 * H),
    ]
    assert before(T - 3 * H, plan=later, runs=[early], told=told, audience="operations") == ["moved"]
    told.append(said("moved", "operations", window=T + 24 * H, at=T - 3 * H, key="moved_1"))
    events = [message("started", T - 60 * H, note=None)]
    assert during(early, events, T, "operations", told) == [], "not at the old time"
    assert before(T + 22 * H, plan=later, runs=[early], told=told, audience="operations") == ["before_2h"]
    assert during(early, events, T + 24 * H, "operations", told) == ["begins"]
    through, _ = done(at=T + 20 * H, started=T - 60 * H)
    assert before(T + 22 * H, plan=later, runs=[through], told=told, audience="operations") == []


def test_to_and_fro_is_told_each_time() -> None:
    told = [
        said("before_24h", at=T - 24 * H),
        said("moved", window=T + H, at=T - 23 * H, key="moved_1"),
        said("moved", window=T, at=T - 22 * H, key="moved_2"),
    ]
    (entry,) = [e for e in planned(spec(T + H), [], told, T - 21 * H, exists) if e.moment == "moved"]
    assert entry.key == "moved_3" and entry.values["before"] == T


def test_a_time_that_passed_with_its_run_is_not_moved() -> None:
    told = [said("before_24h", at=T - 24 * H)]
    assert before(T + 9 * H, plan=spec(T + 72 * H), told=told, runs=[run("rolled_back", T)]) == []
    of_run = said("begins", run_id="shop_18.1", occasion="shop_18.1", at=T)
    assert before(T + 9 * H, plan=spec(T + 72 * H), told=[*told, of_run]) == []
    assert before(T + 9 * H, plan=spec(T + 72 * H), told=told) == ["moved"], "nothing began then"


def test_calling_off_is_told_once_and_taken_back_when_it_takes_place_after_all() -> None:
    told = [said("before_24h", at=T - 24 * H)]
    assert before(T - 10 * H, plan=spec(None), told=told) == ["called_off"]
    assert before(T - 10 * H, plan=spec(None), told=[]) == []
    told.append(said("called_off", at=T - 10 * H, key="called_off_1"))
    assert before(T - 9 * H, plan=spec(None), told=told) == []
    assert before(T - 9 * H, told=told) == ["moved"]
    (entry,) = [e for e in planned(spec(), [], told, T - 9 * H, exists) if e.moment == "moved"]
    assert entry.values["before"] is None
    told.append(said("moved", at=T - 9 * H, key=entry.key))
    assert before(T - 8 * H, told=told) == []


def during(subject: Run, events: list[Event], now: datetime, audience: str = "end_users", told: Any = ()) -> list[str]:
    return due(running(subject, events, told, now, exists), now, audience, told)


def test_a_run_that_begins_on_time_is_told_once() -> None:
    events = [message("started", T, note=None)]
    for audience in PLACES:
        assert during(run("preparing"), events, T, audience) == ["begins"], "started is the same at the same time"
    only = spec(audiences={"developers": {"channel": "#dev", "moments": ["started"]}})
    assert during(run("preparing", plan=only), events, T, "developers") == ["started"]


def test_a_run_that_begins_before_its_time_is_told_twice() -> None:
    early, events = run("filling", T - 5 * H), [message("started", T - 5 * H, note=None)]
    assert during(early, events, T - 5 * H, "developers") == ["started"]
    assert during(early, events, T - 5 * H) == [], "to end users it has not begun"
    assert during(early, events, T) == ["begins"]
    assert during(early, events, T + 20 * MIN) == ["begins+"]


def test_a_cutover_before_the_announced_time_is_its_beginning() -> None:
    early, events = run("cutting_over", T - 5 * H), [moved_to("cutting_over", T - H)]
    assert during(early, events, T - H) == ["begins"]


def test_a_run_that_begins_late_says_by_how_much() -> None:
    late = run("preparing", T + 40 * MIN)
    (entry,) = [e for e in running(late, [], [], T + H, exists) if e.moment == "begins" and e.audience == "end_users"]
    assert entry.at == T + 40 * MIN and entry.values == {"delay_s": 2400.0}


def test_without_a_time_it_begins_with_the_run() -> None:
    plan = spec(None)
    found = running(run("preparing", plan=plan), [message("started", T)], [], T, exists)
    assert due(found, T, "operations") == ["begins"] and due(found, T) == ["begins"]


def test_a_maintenance_window_begins_when_the_doors_close() -> None:
    plan = spec(strategy="stop_the_world", target=None)
    waiting, begun = [message("started", T - H)], [message("started", T - H), moved_to("cutting_over", T + MIN)]
    assert during(run("preparing", T - H, plan=plan), waiting, T + H) == []
    assert during(run("preparing", T - H, plan=plan), waiting, T - H, "operations") == ["started"]
    assert during(run("cutting_over", T - H, plan=plan), begun, T + MIN) == ["begins"]
    opened = message("doors_open", T + 5 * MIN, downtime_s=240.0, budget_s=300.0, within_budget=True)
    watched = run("watching", T - H, plan=plan, swapped_at=T + 5 * MIN)
    assert during(watched, [*begun, opened], T + 5 * MIN) == ["cut_over"]


def test_progress_is_told_once_while_it_goes_on() -> None:
    told = [said("begins", run_id=run().run_id, occasion=run().run_id)]
    assert during(run(), [], T + 29 * MIN, told=told) == []
    assert during(run(), [], T + 30 * MIN, told=told) == ["progress"]
    assert during(run("rolling_back"), [], T + 30 * MIN, told=told) == []
    failed = [message("failed", T + 25 * MIN)]
    assert during(run("verifying"), failed, T + 30 * MIN, "operations", told) == ["failed"]
    through, events = done(at=T + 20 * MIN)
    assert during(through, events, T + 30 * MIN, told=told) == ["completed"]


def test_after_the_cutover() -> None:
    through, events = done(at=T + H)
    told = [said(m, run_id=through.run_id, occasion=through.run_id) for m in ("begins", "completed")]
    assert during(through, events, T + 24 * H, told=told) == []
    assert during(through, events, T + 25 * H, told=told) == ["after_24h"]
    assert during(through, events, T + 49 * H, told=told) == ["after_48h"], "one of them is enough"
    told += [said("after_24h", run_id=through.run_id, occasion=through.run_id)]
    assert during(through, events, T + 49 * H + 11 * MIN, told=told) == ["after_48h+"]


def test_who_is_told_that_it_is_finalized_needs_no_word_on_the_cleanup() -> None:
    through, events = done("finalized")
    events.append(message("finalized", T + 48 * H, summary="gone"))
    told = [
        said(m, audience, run_id=through.run_id, occasion=through.run_id)
        for m in ("begins", "cut_over", "completed", "after_24h")
        for audience in PLACES
    ]
    assert during(through, events, T + 49 * H, "operations", told) == ["finalized+"]
    assert during(through, events, T + 49 * H, "end_users", told) == ["after_48h"]


def test_what_is_no_longer_true_is_not_said_and_what_happened_is() -> None:
    """Slack was away all the time, and the run went there and back."""
    back, events = done("rolled_back", T + 10 * MIN)
    events.append(message("rolled_back", T + 20 * MIN, was_swapped=True, pause_ms=3.0, downtime_s=None, lost=None))
    assert during(back, events, T + H, "operations") == ["cut_over+", "rolled_back+"]
    assert during(back, events, T + H, told=[said("before_2h")]) == ["rolled_back+"]


def test_end_users_hear_nothing_bad_of_what_they_never_knew() -> None:
    back, events = run("rolled_back", T - 70 * H), [message("rolled_back", T - 60 * H, was_swapped=False)]
    assert during(back, events, T - 60 * H) == []
    assert during(back, events, T - 60 * H, "developers") == ["rolled_back"]
    assert during(back, events, T - 60 * H, told=[said("before_24h")]) == ["rolled_back"]


def question(task: str, key: str, at: datetime) -> list[Event]:
    asked = Event(at, "approval_asked", f"{task}?", None, {"task": task})
    return [asked, message("approval_needed", at, key, subject=f"{task}?", link=None, within=None)]


def test_a_sign_off_that_is_asked_of_several_roles_is_told_once() -> None:
    signing = replace(run("window"), spec={**run().spec, "approvals": {"sign_off": ["database", "qa"]}})
    events = []
    for role, dag_run_id in (("qa", "a"), ("database", "a"), ("qa", "b")):
        asked, told = question(f"sign_off_{role}", f"asked_{role}_{dag_run_id}", T)
        events += [replace(asked, data={**(asked.data or {}), "dag_run_id": dag_run_id}), told]
    found = [e for e in running(signing, events[:4], [], T + MIN, exists) if e.moment == "approval_needed"]
    found = [e for e in found if e.audience == "operations"]
    assert [e.gone for e in found] == [None, "the first role that was asked says it"]
    assert found[0].values["subject"] == f"Sign off “{signing.title}”? Asked, each for itself: database, QA."
    again = [e for e in running(signing, events, [], T + MIN, exists) if e.audience == "operations" and not e.gone]
    assert [e.key for e in again if e.moment == "approval_needed"] == ["asked_qa_b"], "asked once more, told once more"


def test_a_question_that_is_answered_is_not_asked_any_more() -> None:
    told = [said("begins", "operations", run_id=run().run_id, occasion=run().run_id)]
    events = [*question("plan", "asked_plan_1", T), *question("cutover", "asked_cutover_1", T + MIN)]
    assert during(run(), events, T + MIN, "operations", told) == ["approval_needed", "approval_needed"]
    events.append(Event(T + MIN, "approval", "plan? Yes", "olga", {"task": "plan", "approved": True}))
    assert during(run(), events, T + MIN, "operations", told) == ["approval_needed"]
    events += question("cutover", "asked_cutover_1_1", T + 2 * MIN)
    (entry,) = [
        e for e in running(run(), events, told, T + 2 * MIN, exists)
        if e.moment == "approval_needed" and e.gone is None and e.audience == "operations"
    ]  # fmt: skip
    assert entry.key == "asked_cutover_1_1"
    assert during(run("aborted"), events, T + 2 * MIN, "operations", told) == []
    assert during(run(), events, T + 2 * MIN, told=told) == ["begins"], "end users are not asked"


@pytest.mark.parametrize("rehearsal", [{"dry_run": True}, {"rehearsal_of": "shop_18.1"}])
def test_a_rehearsal_is_nobodys_business(rehearsal: dict[str, Any]) -> None:
    through, events = done(**rehearsal)
    assert running(through, events, [], T + 24 * H, exists) == []


def test_what_is_a_week_old_is_no_news() -> None:
    back, events = run("rolled_back"), [message("rolled_back", T, was_swapped=False)]
    assert during(back, events, T + timedelta(days=8), "operations") == []


def test_a_run_from_before_there_were_audiences_and_one_of_a_later_release_have_none() -> None:
    assert running(run(spec={"announce": {"channel": "#m"}}), [], [], T, exists) == []
    assert running(run(spec={}), [], [], T, exists) == []
    strange = {"announce": {"audiences": {"robots": {"channel": "#r"}}}}
    assert running(run(spec=strange), [], [], T, exists) == []
