"""What counts as passed for the demo of the blue-green strategy, beyond what counts for all of them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from cutover_demo.boards.blue_green import BlueGreenBoard
from cutover_demo.crowd import compare
from cutover_demo.scoreboard import Leg


def leg(title: str, dag_id: str = "blue_green", state: str = "success", **more: Any) -> Leg:
    return Leg(title, dag_id, state, state, 60.0, 80.0, **{"pause_ms": 40.0, "row_diff": 0, **more})


GOOD = BlueGreenBoard(
    strategy="blue_green",
    run_id="shop_18.20260101T000000",
    state="window",
    expected_state="window",
    rows=1_000_000,
    seconds_total=61.5,
    pause_ms=40.0,
    max_stall_ms=88.0,
    transactions=20_000,
    failed_transactions=0,
    acknowledged=19_000,
    lost=0,
    duplicated=0,
    row_diff=0,
    migration=leg("migration"),
    copy_rows_per_second=250_000,
    copy_megabytes_per_second=41.5,
    lag={"blue -> green": {"samples": 4, "median_seconds": 0.01, "worst_seconds": 0.2, "worst_bytes": 10}},
    pgbench={"transactions": 100, "failed": 0, "latency_ms": {"p50": 1.0, "p95": 2.0, "p99": 3.0, "max": 4.0}},
    direct={"taken": 10, "refused": 3, "stretches": [["taken", 10], ["refused", 3]], "errors": []},
    leads_to="green",
)
LEGS = {"rollback": leg("rollback", "rollback_blue_green"), "again": leg("again")}
FOUR = {"stretches": [["taken", 10], ["refused", 3], ["taken", 5], ["refused", 2]]}


def changed(**fields: Any) -> BlueGreenBoard:
    return dataclasses.replace(GOOD, **fields)


def test_all_as_expected_passes_and_shows_what_only_this_strategy_has() -> None:
    assert GOOD.problems() == []
    table = GOOD.table()
    assert table.endswith("PASSED")
    for part in ("250,000  41.5 MB/s", "worst lag blue -> green, ms", "of 4 samples", "taken 10, refused 3"):
        assert part in table
    figures = GOOD.as_json()
    assert figures["passed"] and figures["pgbench"]["transactions"] == 100 and figures["lag"]


def test_there_back_and_there_again_passes() -> None:
    board = changed(**LEGS, direct={**GOOD.direct, **FOUR})
    assert board.problems() == []
    assert "again" in board.table()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"leads_to": "blue"}, "the pooler leads clients to blue, not to green"),
        ({"leads_to": "held green"}, "the pooler leads clients to held green, not to green"),
        ({"migration": leg("migration", pause_ms=250.0)}, "clients were held for 250 ms in blue_green, not under 250"),
        ({"max_stall_ms": 1000.0}, "a transaction took 1000 ms, not under 1000"),
        ({**LEGS, "again": leg("again", row_diff=2), "direct": {**GOOD.direct, **FOUR}},
         "row_diff of blue_green is 2, not 0"),
        ({"direct": {**GOOD.direct, "stretches": [["taken", 10]]}},
         "blue took and refused the direct session's writes as ['taken'], not as ['taken', 'refused']"),
        ({**LEGS}, "blue took and refused the direct session's writes as ['taken', 'refused'], not as"
         " ['taken', 'refused', 'taken', 'refused']"),
        ({"failed_transactions": 1}, "failed_transactions is 1, not 0"),
        ({"more_problems": ["something else"]}, "something else"),
    ],
)  # fmt: skip
def test_each_figure_that_is_off_fails_the_demo(change: dict[str, Any], problem: str) -> None:
    assert changed(**change).problems() == [problem]


def test_a_run_that_failed_leads_to_blue() -> None:
    failed = {"state": "rolled_back", "expected_state": "rolled_back", "migration": leg("migration", state="failed")}
    assert changed(**failed, leads_to="blue").problems() == []
    assert changed(**failed).problems() == ["the pooler leads clients to green, not to blue"]


def test_promises_are_compared_write_by_write() -> None:
    kept, unknown = {("a", 0, 1), ("a", 0, 2)}, {("a", 0, 3)}
    fine = compare(kept, unknown, {("a", 0, 1): 1, ("a", 0, 2): 1})
    assert (fine.lost, fine.duplicated, fine.unexplained, fine.findings) == (0, 0, 0, [])
    landed = compare(kept, unknown, {("a", 0, 1): 1, ("a", 0, 2): 1, ("a", 0, 3): 1})
    assert (landed.lost, landed.duplicated, landed.unexplained) == (0, 0, 0)
    wrong = compare(kept, unknown, {("a", 0, 2): 3, ("b", 0, 1): 1})
    assert (wrong.lost, wrong.duplicated, wrong.unexplained) == (1, 2, 1)
    assert len(wrong.findings) == 3
