"""The words of announcements: every file fills for every strategy, and end users read nothing technical."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from cutover.messages import words
from cutover.messages.announcements import texts
from cutover.messages.announcements.entry import Entry
from cutover.messages.announcements.moments import AFTER, BEFORE, CALLED_OFF, EVENTS, MOVED
from cutover.messages.announcements.samples import sample
from cutover.messages.blocks import to_message
from cutover.messages.errors import MessageTemplateBroken
from cutover.spec.announcing import MOMENTS, Announce, Audience
from cutover.spec.models import Migration
from cutover.spec.parts import RollbackRules
from cutover.sqlfiles import include_folder

T = datetime(2026, 12, 6, 2, 0, tzinfo=UTC)
STRATEGIES = ("online", "blue_green", "dual_write", "stop_the_world")
AUDIENCES = ("developers", "operations", "end_users")
ALL = (*MOMENTS, MOVED, CALLED_OFF)
FOLDER = include_folder() / "messages" / "announcements"
SERVICE = Audience(channel="#x", service="the web shop")


def spec(strategy: str, **more: Any) -> Migration:
    values = {"target": "zz_green", "router": "zz_pool"} if strategy == "blue_green" else {}
    return Migration.model_validate(
        {
            "name": "zz_migration",
            "title": "zz_title moves to PostgreSQL 18",
            "strategy": strategy,
            "owner": "zz_owner",
            "source": "zz_blue",
            "tables": [{"name": "zz.table"}],
            "announce": Announce(window_start=T),
            **values,
            **more,
        }
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("audience", AUDIENCES)
def test_every_text_fills(audience: str, strategy: str) -> None:
    heard = [moment for moment in ALL if texts.exists(audience, moment, strategy)]
    assert {*BEFORE, *AFTER, "begins", "progress", "completed", "rolled_back", MOVED, CALLED_OFF} <= set(heard)
    for moment in heard:
        text = sample(spec(strategy), audience, SERVICE, moment, T)
        assert text and "None" not in text and "\n\n\n" not in text
        small = [block["type"] for block in to_message(text).blocks].count("context")
        assert small == (0 if audience == "end_users" else 1), text


def test_who_is_told_of_what() -> None:
    """Also the table in docs/announcements.md."""
    told = {a: {m for m in MOMENTS if texts.exists(a, m, "blue_green")} for a in AUDIENCES}
    assert told["developers"] == told["operations"] == set(MOMENTS)
    assert set(MOMENTS) - told["end_users"] == {"started", "approval_needed", "cut_over", "finalized"}
    assert texts.exists("end_users", "cut_over", "stop_the_world"), "then they can go on"


def test_every_file_belongs_to_a_moment() -> None:
    names = {f"{path.parent.name}/{path.name.split('.')[0]}" for path in FOLDER.glob("*/*.md")}
    assert names <= {f"{audience}/{moment}" for audience in AUDIENCES for moment in ALL}
    strategies = {path.name.split(".")[1] for path in FOLDER.glob("*/*.*.md")}
    assert strategies == {"stop_the_world"}
    assert set(EVENTS.values()) <= set(MOMENTS)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_end_users_read_nothing_technical(strategy: str) -> None:
    technical = r"zz_|zz\.|postgres|database|schema|table|migrat|cut ?over|rollback|rolled|python|airflow|`|verify"
    for moment in ALL:
        if texts.exists("end_users", moment, strategy):
            text = sample(spec(strategy), "end_users", SERVICE, moment, T)
            assert "the web shop" in text
            assert not re.search(technical, text, re.IGNORECASE), text


def test_what_differs_by_the_strategy_and_the_migration() -> None:
    for audience in AUDIENCES:
        window = sample(spec("stop_the_world"), audience, SERVICE, "before_24h", T)
        assert "15 minutes" in window and "You can go on working" not in window
    assert "at most 3 seconds" in sample(spec("online"), "developers", SERVICE, "before_24h", T)
    by_hand = spec("online", rollback=RollbackRules(automatic=False))
    assert "does *not* take it by itself" in sample(by_hand, "operations", SERVICE, "before_24h", T)
    kept = spec("blue_green", rollback=RollbackRules(old_database="keep"))
    assert "left there, refusing writes" in sample(kept, "operations", SERVICE, "after_48h", T)


def test_the_days_and_hours_are_those_of_the_moment_at_which_it_is_said() -> None:
    values = texts.of_spec(spec("online").snapshot(), T, T - BEFORE["before_2h"] / 2)
    entry = Entry("zz_migration", "", "end_users", "before_2h", "before_2h", T - BEFORE["before_2h"])
    text = texts.fill(entry, SERVICE, values, late=True)
    assert text.startswith("# Planned work on the web shop, in 1 hour\n")
    assert text.endswith(
        "> :hourglass: This message is late: it should have come on Sunday 6 December 2026, 00:00 UTC."
    )
    blocks = to_message(text).blocks
    assert blocks[-1]["type"] == "context"


def test_a_late_beginning_says_so() -> None:
    values = {**texts.of_spec(spec("online").snapshot(), T, T), "run_id": "r"}
    entry = Entry("zz_migration", "r", "operations", "begins", "begins", T, values={"delay_s": 2400.0})
    assert "planned for Sunday 6 December 2026, 02:00 UTC and begins 40 minutes later" in texts.fill(
        entry, SERVICE, values, late=False
    )


def test_a_loss_is_not_passed_over() -> None:
    lost = {"was_swapped": True, "pause_ms": None, "downtime_s": 60.0, "lost": {"rows": 1200, "minutes": 3.4}}
    values = texts.of_spec(spec("stop_the_world").snapshot(), T, T)
    for audience in AUDIENCES:
        entry = Entry("m", "r", audience, "rolled_back", "rolled_back", T, values=lost)
        text = texts.fill(entry, SERVICE, values, late=False)
        assert "lost" not in text and "not there any more" in text and "3 min" in text


def test_values_cannot_speak_to_slack() -> None:
    values = {**texts.of_spec(spec("online").snapshot(), T, T), "reason": "a < b & <!channel>"}
    entry = Entry("m", "r", "operations", "failed", "failed", T, values={"reason": "<!here>", "advice": None})
    assert "&lt;!here&gt;" in texts.fill(entry, SERVICE, values, late=False)


def test_a_text_that_is_not_there_is_named() -> None:
    entry = Entry("m", "r", "end_users", "approval_needed", "approval_needed", T)
    with pytest.raises(MessageTemplateBroken, match=r"announcements/end_users/approval_needed\.md"):
        texts.fill(entry, SERVICE, texts.of_spec(spec("online").snapshot(), T, T), late=False)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"), (0.2, "200 ms"), (2, "2 seconds"), (60, "1 minute"), (44 * 60, "45 minutes"),
        (7 * 60, "7 minutes"), (5400, "2 hours"), (86400, "24 hours"), (86400 - 90, "24 hours"), (2 * 86400, "2 days"),
        (49 * 3600, "2 days"), (3600, "1 hour"), (3500, "1 hour"), (4200, "70 minutes"), (20, "20 seconds"),
    ],
)  # fmt: skip
def test_rounded_spans(seconds: float, text: str) -> None:
    assert words.about(seconds) == text
