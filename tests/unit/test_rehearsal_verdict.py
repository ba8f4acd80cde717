"""Go or no-go, the forecast, what has changed, and how a night is told: from figures alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cutover.journal.records import Rehearsal, Run
from cutover.rehearsal import changes, nights, report
from cutover.rehearsal.forecast import forecast
from cutover.rehearsal.judging import BACK, GO, NO_GO, NOT_REHEARSED, judge
from cutover.rehearsal.shortened import shortened
from cutover.spec.models import Migration

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SPEC = Migration.model_validate(
    {
        "name": "leads",
        "title": "Leads | more",
        "strategy": "stop_the_world",
        "owner": "tests",
        "source": "shop",
        "cutover": {"max_downtime": "5m"},
    }
)


def of_run(**more: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "run_id": "leads.1",
        "state": "rolled_back",
        "arrived": True,
        "reason": BACK,
        "seconds": 60.0,
        "back_seconds": 10.0,
        "steps": [["preflight", 5.0], ["migrate", 20.0], ["verify", 10.0], ["open", 1.0]],
        "pause_ms": None,
        "downtime_s": 30.0,
        "back_pause_ms": None,
        "back_downtime_s": 12.0,
        "lag_s": None,
        "rows": 1000,
        "passed": 7,
        "failed": [],
        "warnings": [],
        "risks": ["[WIN003] people: locked"],
    }
    return {**usual, **more}


def figures(*runs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"runs": list(runs), "copies": {}, "masked": {}, "bytes": 1_000_000, **more}


GOOD = figures(of_run(), of_run(run_id="leads.2", state="finalized", reason=None))


def rehearsal(**more: Any) -> Rehearsal:
    usual: dict[str, Any] = {
        "rehearsal_id": "leads.rehearsal.1",
        "night": "night.1",
        "migration": "leads",
        "strategy": "stop_the_world",
        "title": "Leads | more",
        "dag_run_id": "x",
        "spec": SPEC.snapshot(),
        "places": {},
        "started_at": NOW,
        "before": None,
        "live": None,
        "troubles": {},
        "cleared_at": NOW,
        "ended_at": NOW + timedelta(seconds=95),
        "verdict": "go",
        "reasons": [],
        "figures": GOOD,
    }
    return Rehearsal(**{**usual, **more})


def test_there_back_and_there_again_is_go() -> None:
    assert judge(rehearsal(), SPEC, GOOD, None).verdict == GO
    for state, reason in (("window", None), ("rolled_back", BACK)):
        assert judge(rehearsal(), SPEC, figures(of_run(), of_run(state=state, reason=reason)), None).verdict == GO


@pytest.mark.parametrize(
    ("found", "troubles", "said"),
    [
        (
            figures(of_run(reason="verify: 3 rows differ")),
            {},
            ["the first run ended as rolled back: verify: 3 rows differ"],
        ),
        (
            figures(of_run(state="failed", reason=None, failed=["row diff: 3"])),
            {},
            ["the first run ended as failed: row diff: 3"],
        ),
        (figures(of_run()), {}, ["the migration was not done again after its rollback"]),
        (figures(of_run(), of_run(reason="oops")), {}, ["the second run ended as rolled back: oops"]),
        (figures(of_run()), {"compare": "compare: table x is new"}, ["compare: table x is new"]),
        (GOOD, {"clean_up": "clean_up: slot x"}, ["clean_up: slot x"]),
    ],
)
def test_whatever_went_wrong_is_no_go_with_its_reason(
    found: dict[str, Any], troubles: dict[str, str], said: list[str]
) -> None:
    verdict = judge(rehearsal(troubles=troubles), SPEC, found, None)
    assert (verdict.verdict, verdict.reasons) == (NO_GO, said)


def test_what_never_began_was_not_rehearsed() -> None:
    assert judge(rehearsal(troubles={"begin": "no staging"}), SPEC, figures(), None).reasons == ["no staging"]
    assert judge(rehearsal(), SPEC, figures(), None).verdict == NOT_REHEARSED


def test_the_forecast_scales_what_grows_and_nothing_else() -> None:
    ahead = forecast(GOOD, 3_000_000)
    assert ahead is not None
    assert (ahead.scale, ahead.seconds, ahead.downtime_s, ahead.guess) == (3.0, 60 + 2 * 30.0, 90.0, False)
    assert forecast(GOOD, None) is None and forecast(figures(), 3_000_000) is None
    smaller = forecast(GOOD, 500_000)
    assert smaller is not None and smaller.seconds == 45.0


def test_a_run_that_did_not_arrive_has_no_time_there_and_forecasts_nothing() -> None:
    early = figures(of_run(arrived=False, seconds=0.7, downtime_s=None, back_downtime_s=None, rows=None, passed=0))
    assert forecast(early, 3_000_000) is None
    one = rehearsal(verdict="no_go", reasons=["refused"], figures=early)
    assert report.row(one)[3:] == ["-", "10 s", "-", "977 kB", "-"]
    assert report.measured(one) == [
        "there and back: 700 ms until it ended, 10 s back, 0 checks passed (run `leads.1`)",
        "the whole rehearsal: 1 min 35 s",
    ]


def test_a_downtime_that_will_be_too_long_is_no_go() -> None:
    ahead = forecast(GOOD, 11_000_000)
    assert ahead is not None and ahead.guess
    verdict = judge(rehearsal(), SPEC, GOOD, ahead)
    assert verdict.verdict == NO_GO
    assert verdict.reasons == [
        "the forecast is 5 min 30 s of downtime, and 5 min were promised (cutover: max_downtime)"
    ]


def test_changes_are_told_beyond_their_noise() -> None:
    now = rehearsal()
    assert changes.since(None, now, "go", GOOD) == ["rehearsed for the first time"]
    assert changes.since(rehearsal(), now, "go", GOOD) == []
    slower = figures(of_run(seconds=64.0, back_seconds=10.5), bytes=1_050_000)
    assert changes.since(rehearsal(), now, "go", slower) == [], "within the noise"
    worse = figures(of_run(seconds=90.0, risks=["[WIN004] people: larger"]), bytes=1_500_000)
    assert changes.since(rehearsal(verdict="no_go"), now, "go", worse) == [
        "was no-go on 2026-11-22, is go",
        "time there: 1 min before, 1 min 30 s now",
        "size: 977 kB before, 1.4 MB now",
        "new: [WIN004] people: larger",
        "gone: [WIN003] people: locked",
    ]


def test_a_changed_spec_is_told_by_key_and_file() -> None:
    before = SPEC.snapshot()
    now = rehearsal(spec={**before, "title": "Other", "files": {"up.sql": "select 1"}, "folder": "/elsewhere"})
    assert changes.since(rehearsal(), now, "go", GOOD) == ["the spec has changed: title, up.sql"]


def test_a_night_reads_as_a_table_and_a_part_for_each() -> None:
    night = Run(
        run_id="night.1", number=1, migration=nights.DAG, strategy=nights.STRATEGY, title=nights.TITLE, database="x",
        state="finalized", reason=None, dag_id=None, dag_run_id=None, triggered_by=None, dry_run=True,
        rehearsal_of=None, started_at=NOW, swapped_at=None, window_ends_at=None, ended_at=None, spec={},
    )  # fmt: skip
    bad = rehearsal(migration="other", verdict="no_go", reasons=["a <b> | c", "d"], figures={})
    text = report.markdown(night, [rehearsal(), bad])
    assert text.startswith("# Nightly dry run of 2026-11-22 02:00 UTC: 1 go, 1 no-go\n")
    assert "| leads | stop-the-world | ✅ go | 1 min | 10 s | downtime 30 s, 12 s back | 977 kB | - |" in text
    assert "| other | stop-the-world | ❌ no-go | - | - | - | - | - |" in text
    assert "## Leads \\| more (`other`): no-go" in text and "- a &lt;b> \\| c" in text
    felt = "downtime 30 s, 12 s back"
    assert f"- there and back: 1 min there, 10 s back, {felt}, 1,000 rows, 7 checks passed (run `leads.1`)" in text
    assert report.headline([]) == "nothing was planned"


def test_the_message_has_one_line_for_each_and_the_first_reason() -> None:
    bad = rehearsal(migration="other", verdict="no_go", reasons=["a" * 300, "second"], figures={})
    told = nights.told([rehearsal(), bad], 91.04, ["shop: x"], None)
    assert (told["headline"], told["seconds"], told["left"]) == ("1 go, 1 no-go", 91.0, "shop: x")
    good, other = told["rows"]
    assert good["figures"] == "there 1 min, back 10 s, downtime 30 s, 12 s back" and good["reason"] is None
    assert other["reason"].endswith("\u2026 (and 1 more)") and len(other["reason"]) < 180


def test_what_is_only_waited_for_is_cut_short_and_nothing_else() -> None:
    spec = Migration.model_validate(
        {
            **SPEC.model_dump(by_alias=True, mode="json"),
            "reads": {"hold": "10m", "steps": [1, 50, 100]},
            "flags": {"instances": 3},
            "watch": {"duration": "1h"},
            "backfill": {"pause": "5s", "batch_rows": 77},
            "rollback": {"automatic": False, "window": "48h"},
            "hooks": [{"when": "opened", "command": ["page", "somebody"]}],
        }
    )
    short = shortened(spec)
    assert short.reads.hold == timedelta(seconds=1) and short.reads.steps == [100]
    assert short.flags.instances == 0 and short.hooks == [] and short.rollback.automatic
    assert short.watch.duration == timedelta(seconds=1) and short.backfill.pause == timedelta(0)
    assert short.cutover.approval == "auto"
    assert short.backfill.batch_rows == 77 and short.rollback.window == spec.rollback.window
    assert replace(rehearsal(), spec=short.snapshot()).spec["rehearse"] == spec.snapshot()["rehearse"]
    assert Migration.from_snapshot(short.snapshot()).name == "leads"
