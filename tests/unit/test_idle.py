"""Airflow's own share of a run's time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cutover.operators.idle import idle_seconds


def task(start: str | None, end: str | None) -> dict[str, Any]:
    return {
        "start_date": start and f"2026-11-03T02:00:{start}Z",
        "end_date": end and f"2026-11-03T02:00:{end}+00:00",
    }


def test_gaps_between_tasks_add_up() -> None:
    assert idle_seconds([task("10.0", "12.0"), task("12.5", "13.0"), task("14.0", "15.0")]) == 1.5


def test_order_does_not_matter_and_overlaps_are_no_gaps() -> None:
    assert idle_seconds([task("14.0", "15.0"), task("10.0", "20.0"), task("21.0", "22.0")]) == 1.0


def test_tasks_that_never_ran_or_still_run_are_left_out() -> None:
    assert idle_seconds([task(None, None), task("10.0", None), task("30.0", "31.0")]) == 0.0
    assert idle_seconds([]) == 0.0


def test_datetimes_do_as_well() -> None:
    at = [datetime(2026, 11, 3, 2, 0, second, tzinfo=UTC) for second in (0, 1, 3, 4)]
    spans = [{"start_date": at[0], "end_date": at[1]}, {"start_date": at[2], "end_date": at[3]}]
    assert idle_seconds(spans) == 2.0
