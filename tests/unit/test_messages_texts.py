"""The texts: every template fills with what its caller gives, and what it is given stays text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cutover.journal.check import Check
from cutover.journal.records import STATES, Event, Progress, Run
from cutover.messages import facts, words
from cutover.messages.blocks import BLOCKS_LIMIT, HEADER_LIMIT, SECTION_LIMIT, to_message
from cutover.messages.errors import MessageTemplateBroken
from cutover.messages.head import head
from cutover.messages.milestones import crossed
from cutover.messages.templates import render
from cutover.sqlfiles import include_folder

NOW = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)


def run(**changes: Any) -> Run:
    values: dict[str, Any] = {
        "run_id": "leads_v2.20261103T020000",
        "number": 7,
        "migration": "leads_v2",
        "strategy": "online",
        "title": "Leads get a wider id",
        "database": "db:5432/shop",
        "state": "filling",
        "reason": None,
        "dag_id": "online",
        "dag_run_id": "manual__1",
        "triggered_by": "olga",
        "dry_run": False,
        "rehearsal_of": None,
        "started_at": NOW,
        "swapped_at": None,
        "window_ends_at": None,
        "ended_at": None,
        "spec": {"owner": "data", "tables": [{"name": "public.leads"}], "announce": {"channel": "#m"}},
    }
    return Run(**{**values, **changes})


def progress(
    done: int, total: int | None, *, step: str = "backfill", item: str = "public.leads", **more: Any
) -> Progress:
    values: dict[str, Any] = {"rate": 1000.0, "eta_seconds": 30.0, "note": None, **more}
    return Progress(step=step, item=item, done=done, total=total, started_at=NOW, updated_at=NOW, **values)


CHECKS = [
    Check("ROW_COUNT", "row count", True, "error", "1,000 rows on both sides", {}, "public.leads"),
    Check("ROW_DIFF", "row diff", False, "error", "3 rows differ\nkey 7: ...", {}, "public.leads"),
    Check("BASELINE", "baseline", False, "warning", "too noisy to judge"),
]
COPIED = {"done": 500, "total": 1000, "share": 0.5, "rate": 100.0, "eta_seconds": 5.0}
# Each text with what its caller gives it, besides the run: a text that wants more would be lost in the night.
GIVEN: dict[str, list[dict[str, Any]]] = {
    "started": [{"note": None}, {"note": "slow please"}],
    "planned": [{"summary": "Two tables, about 3 min."}],
    "approval_needed": [
        {"subject": "Go on?", "link": None, "within": None, "otherwise": "nothing happens."},
        {"subject": "Go on?", "link": "http://x", "within": 60.0, "otherwise": "nothing happens."},
    ],
    "approved": [
        {"subject": "Go on?", "approved": True, "who": "olga", "words": None, "later": False, "timed_out": False},
        {"subject": "Go on?", "approved": False, "who": "olga", "words": "why", "later": False, "timed_out": False},
        {"subject": "Go on?", "approved": False, "who": "olga", "words": None, "later": True, "timed_out": False},
        {"subject": "Go on?", "approved": False, "who": "", "words": None, "later": True, "timed_out": True},
    ],
    "approval_refused": [{"subject": "Go on?", "who": "olga"}],
    "signed_off": [
        {
            "signatures": [
                {"role": "qa", "who": "olga", "words": None},
                {"role": "database", "who": "ada", "words": "ok"},
            ]
        }
    ],
    "finalize_held": [{"why": "the sign-off of QA is missing"}],
    "copied": [
        {"quarter": 50, "copied": COPIED},
        {"quarter": 50, "copied": {**COPIED, "rate": None, "eta_seconds": None}},
    ],
    "verified": [facts.of_checks(CHECKS), facts.of_checks(CHECKS[:1]), facts.of_checks([])],
    "cut_over": [
        {"pause_ms": 41.7, "attempts": 3},
        {"pause_ms": 0.0, "attempts": 1},
        {"pause_ms": None, "attempts": None},
    ],
    "window_open": [{}],
    "rolling_back": [{"who": None, "reason": "verify: 3 rows differ"}, {"who": "olga", "reason": None}],
    "rolled_back": [
        {"was_swapped": True, "pause_ms": 38.2},
        {"was_swapped": False, "pause_ms": None},
        {"was_swapped": True, "pause_ms": None, "downtime_s": 42.0, "lost": None},
        {"was_swapped": True, "pause_ms": None, "downtime_s": 42.0, "lost": {"rows": 1200, "minutes": 3.4}},
    ],
    "backed_up": [
        {"rows": 1_000_000, "bytes": 52_000_000, "restore_seconds": 12.5},
        {"rows": 7, "bytes": 9000, "restore_seconds": None},
    ],
    "doors_closed": [
        {"clients": "hold", "ended": 0},
        {"clients": "refuse", "ended": 1},
        {"clients": "fenced", "ended": 3},
    ],
    "doors_open": [
        {"downtime_s": 31.2, "budget_s": 900.0, "within_budget": True},
        {"downtime_s": 1000.0, "budget_s": 900.0, "within_budget": False},
    ],
    "finalized": [{"summary": "The old tables are archived."}],
    "postponed": [
        {"subject": "Go on?", "minutes": 90, "who": "olga", "words": None},
        {"subject": "Go on?", "minutes": 5, "who": "olga", "words": "after the import"},
    ],
    "warning": [{"text": "the live schema was changed during the run: table public.x is new."}],
    "over_limit": [
        {"name": "error rate", "text": "3 % of 400 transactions", "since": NOW, "advice": "By hand: ..."},
        {"name": "probe (/health)", "text": "answered with 500", "since": None, "advice": "By hand: ..."},
    ],
    "back_to_normal": [{"name": "error rate", "text": "0.1 % of 400 transactions", "since": None}],
    "failed": [{"reason": "x", "advice": "y"}, {"reason": None, "advice": None}],
}
# What a night says of its rehearsals; see cutover.rehearsal.nights.
ROW: dict[str, Any] = {
    "mark": ":x:",
    "migration": "leads_v2",
    "title": "Leads get a wider id",
    "strategy": "online",
    "verdict": "no-go",
    "figures": "there 42 s, back 3.1 s",
    "reason": "the first run ended as rolled back: verify: 3 rows differ (and 1 more)",
    "reasons": ["the first run ended as rolled back: verify: 3 rows differ", "compare: table x is new"],
    "measured": ["copy of shop: 9.2 MB in 412 ms (wal_log)"],
    "changes": ["was go on 2026-11-02, is no-go"],
    "risks": ["[PF001] public.leads: a long lock"],
}
NIGHT = {"headline": "1 no-go", "rows": [ROW], "seconds": 91.0, "left": "", "link": "http://x", "alone": False}


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_every_text_fills_for_live_and_dry_runs(name: str) -> None:
    for values in GIVEN[name]:
        for dry_run in (False, True):
            text = render(name, {**facts.of_run(run(dry_run=dry_run)), **values})
            assert text and "None" not in text
            assert text.startswith("[Dry run]") == dry_run


def test_every_text_file_is_known_to_these_tests() -> None:
    names = {path.stem for path in (include_folder() / "messages").glob("*.md")}
    assert names == set(GIVEN) | {"head", "night", "rehearsed"}


def test_a_night_is_one_message_with_a_line_for_each_migration() -> None:
    told = Event(NOW, "verdicts", "1 no-go", None, dict(NIGHT))
    message = head(run(strategy="rehearsal", dry_run=True), [], [told])
    assert message.blocks[0]["text"]["text"] == "Nightly dry run: 1 no-go"
    assert "*Leads get a wider id* (online): *no-go* · there 42 s, back 3.1 s · the first run" in message.text
    assert "the whole report" in message.text and "compare: table x" not in message.text


def test_where_messages_have_no_threads_the_one_message_says_it_all() -> None:
    told = Event(NOW, "verdicts", "1 no-go", None, {**NIGHT, "alone": True, "link": None, "left": "shop: x is left"})
    message = head(run(strategy="rehearsal", dry_run=True), [], [told])
    assert "compare: table x is new" in message.text and "[PF001]" in message.text
    assert "*left behind:* shop: x is left" in message.text and "the whole report" not in message.text


def test_a_night_without_migrations_says_so() -> None:
    told = Event(NOW, "verdicts", "nothing was planned", None, {**NIGHT, "rows": [], "headline": "nothing was planned"})
    assert "No migration is planned" in head(run(strategy="rehearsal"), [], [told]).text


def test_the_answer_for_a_migration_has_all_of_it() -> None:
    text = render("rehearsed", {**facts.of_run(run(strategy="rehearsal")), "row": ROW})
    for part in ("no-go", *ROW["reasons"], *ROW["measured"], *ROW["changes"], *ROW["risks"]):
        assert part in text
    bare = {**ROW, "reasons": [], "measured": [], "changes": [], "risks": [], "verdict": "go"}
    assert render("rehearsed", {**facts.of_run(run()), "row": bare}).endswith("*go*")


def test_values_cannot_speak_to_slack() -> None:
    text = render("failed", {**facts.of_run(run()), "reason": "a < b & <!channel>", "advice": None})
    assert "a &lt; b &amp; &lt;!channel&gt;" in text and "<!" not in text


def test_a_text_that_wants_an_unknown_value_says_what_there_is() -> None:
    with pytest.raises(MessageTemplateBroken, match="summary") as caught:
        render("planned", facts.of_run(run()))
    assert "title" in str(caught.value.fix)


def test_a_missing_text_is_named() -> None:
    with pytest.raises(MessageTemplateBroken, match=r"nothing_like_it\.md"):
        render("nothing_like_it", {})


@pytest.mark.parametrize("state", STATES)
def test_the_head_can_show_every_state(state: str) -> None:
    later = NOW + timedelta(hours=48)
    message = head(run(state=state, reason="because", window_ends_at=later), [progress(1, 2)], [])
    assert words.state(state) in message.text and "because" in message.text
    assert message.blocks[0]["type"] == "header" and message.blocks[-1]["type"] == "context"
    assert ("way back is open" in message.text) == (state == "window")


def test_the_head_shows_how_far_the_copy_is_and_how_long_it_takes() -> None:
    items = [progress(250_000, 1_000_000), progress(0, 1_000_000, item="public.b", rate=None, eta_seconds=None)]
    message = head(run(), items, [])
    assert "12 %" in message.text and "2,000,000 rows" in message.text and "30 s left" in message.text


def test_the_head_shows_what_it_waits_for_until_it_is_answered() -> None:
    asked = Event(NOW, "approval_asked", "Cut over now?", None, None)
    answered = Event(NOW, "approval", "Cut over now? Yes", "olga", None)
    assert "Waiting for an answer:* Cut over now?" in head(run(), [], [asked]).text
    assert "Waiting" not in head(run(), [], [asked, answered]).text


def test_the_head_shows_every_question_that_is_open() -> None:
    def event(kind: str, role: str, text: str) -> Event:
        return Event(NOW, kind, text, None, {"task": f"sign_off_{role}", "dag_run_id": "sign_off__1"})

    asked = [event("approval_asked", role, f"{role}: sign off?") for role in ("database", "qa", "operations")]
    events = [*asked, event("approval", "qa", "Yes"), event("approval_withdrawn", "operations", "")]
    assert "Waiting for an answer:* database: sign off?\n" in head(run(), [], events).text + "\n"
    gone = Event(NOW, "state", "rolling_back", None, {"from": "window", "to": "rolling_back"})
    assert "Waiting" not in head(run(), [], [*events, gone]).text


def test_a_dry_run_is_marked_in_the_head() -> None:
    assert head(run(dry_run=True), [], []).text.startswith("[Dry run]")


def test_a_failed_verification_names_the_checks_that_failed() -> None:
    text = render("verified", {**facts.of_run(run()), **facts.of_checks(CHECKS)})
    assert "1 of 3" in text and "row diff" in text and "3 rows differ" in text
    assert "key 7" not in text, "rows belong into the report, not into a channel"


def test_counted_rows_never_exceed_their_total() -> None:
    copied = facts.copied([progress(1500, 1000), progress(0, 1000, item="b")])
    assert copied is not None
    assert copied["share"] == 0.5 and copied["total"] == 2000


def test_a_step_that_adds_up_by_itself_is_not_added_up_again() -> None:
    told = [progress(10, 40, step="copy", item="total"), progress(10, 10, step="copy"), progress(0, 30, step="copy")]
    found = facts.copied(told)
    assert found is not None and (found["done"], found["total"], found["share"]) == (10, 40, 0.25)


def test_nothing_is_counted_before_a_total_is_known() -> None:
    assert facts.copied([]) is None
    assert facts.copied([progress(10, None)]) is None
    assert facts.copied([progress(10, 100, step="build_indexes")]) is None


@pytest.mark.parametrize(
    ("share", "told", "due"),
    [
        (0.1, set(), None),
        (0.25, set(), 25),
        (0.8, set(), 75),
        (0.8, {75}, None),
        (0.8, {25}, 75),
        (0.3, {25}, None),
        (1.0, set(), None),
    ],
)
def test_quarters_are_told_once(share: float, told: set[int], due: int | None) -> None:
    assert crossed(share, told) == due


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0484, "48 ms"),
        (3.21, "3.2 s"),
        (59, "59 s"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (183_600, "2 d 3 h"),
    ],
)
def test_spans(seconds: float, text: str) -> None:
    assert words.span(seconds) == text


def test_bars_have_one_length() -> None:
    assert {len(words.bar(share)) for share in (-1, 0, 0.001, 0.5, 1, 7)} == {words.BAR_CELLS}


def test_markup_becomes_blocks() -> None:
    message = to_message("# A &lt; B\n*state*\n\nparagraph\nof two lines\n\n> small\n> print")
    assert [block["type"] for block in message.blocks] == ["header", "section", "section", "context"]
    assert message.blocks[0]["text"] == {"type": "plain_text", "text": "A < B", "emoji": True}
    assert message.blocks[3]["elements"][0]["text"] == "small\nprint"
    assert message.text == "A &lt; B\n*state*\n\nparagraph\nof two lines\n\nsmall\nprint"


def test_blocks_stay_within_what_slack_takes() -> None:
    message = to_message("# " + "t" * 500 + "\n\n" + "x" * 5000 + "\n\n" + "\n\n".join("p" * 3 for _ in range(100)))
    assert len(message.blocks) == BLOCKS_LIMIT
    assert len(message.blocks[0]["text"]["text"]) == HEADER_LIMIT
    assert len(message.blocks[1]["text"]["text"]) == SECTION_LIMIT
