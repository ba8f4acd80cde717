"""What timings say: judged against simulated machines, quiet and busy, fair and slower."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.validation.baseline import judge
from cutover.validation.baseline.noise import SURE_PAIRS, interval
from cutover.validation.baseline.plans import relations, shape
from cutover.validation.baseline.queries import split


def timings(
    dice: random.Random, pairs: int, slower: float, noise: float, base: float = 20.0
) -> tuple[list[float], list[float]]:
    """Pairs of skewed timings with a common drift and now and then a stall, as on a shared machine."""
    left, right = [], []
    for _ in range(pairs):
        drift = base * math.exp(dice.gauss(0, noise))
        stall = [5.0 if dice.random() < 0.05 else 1.0 for _ in range(2)]
        left.append(drift * math.exp(abs(dice.gauss(0, noise))) * stall[0])
        right.append(drift * slower * math.exp(abs(dice.gauss(0, noise))) * stall[1])
    return left, right


def outcomes(slower: float, noise: float, pairs: int, tolerance: float = 0.10) -> dict[str, float]:
    dice = random.Random(7)
    trials = 400
    seen = [judge(*timings(dice, pairs, slower, noise), tolerance).outcome for _ in range(trials)]
    return {outcome: seen.count(outcome) / trials for outcome in ("fine", "slower", "noisy")}


@pytest.mark.parametrize("noise", [0.01, 0.05, 0.2, 0.6])
@pytest.mark.parametrize("pairs", [7, 15, 31])
def test_equal_sides_are_hardly_ever_called_slower(noise: float, pairs: int) -> None:
    assert outcomes(1.0, noise, pairs)["slower"] <= 0.025


@pytest.mark.parametrize("noise", [0.02, 0.2, 0.6])
def test_looking_again_and_again_does_not_make_equal_sides_slower(noise: float) -> None:
    """With no tolerance at all: half of all ratios are beyond the limit."""
    dice, trials = random.Random(3), 300

    def misled() -> bool:
        left, right = timings(dice, 110, 1.0, noise)
        looks = (7, 10, 15, 22, 33, 49, 73, 109)
        return any(judge(left[:pairs], right[:pairs], 0.0).outcome == "slower" for pairs in looks)

    assert sum(misled() for _ in range(trials)) <= 0.01 * trials


@pytest.mark.parametrize("noise", [0.01, 0.05, 0.2])
def test_a_regression_is_hardly_ever_called_fine(noise: float) -> None:
    assert outcomes(1.3, noise, 15)["fine"] <= 0.025


def test_a_quiet_machine_gets_verdicts() -> None:
    assert outcomes(1.0, 0.02, 15)["fine"] >= 0.99
    assert outcomes(1.3, 0.02, 31)["slower"] >= 0.99
    assert outcomes(0.5, 0.02, 15)["fine"] >= 0.99


def test_a_noisy_machine_is_told_so() -> None:
    """A mean of three, the usual way, would have said something here, and be wrong half of the time."""
    assert outcomes(1.10, 0.5, 7)["noisy"] >= 0.8


def test_one_stall_decides_nothing() -> None:
    left, right = [20.0] * 15, [20.0] * 14 + [2000.0]
    assert judge(left, right, 0.1).outcome == "fine"


def test_differences_below_the_clock_are_none() -> None:
    assert judge([0.010] * 9, [0.020] * 9, 0.1).outcome == "fine"
    assert judge([1.0] * SURE_PAIRS, [1.2] * SURE_PAIRS, 0.1).outcome == "slower"
    assert judge([1.0] * (SURE_PAIRS - 1), [1.2] * (SURE_PAIRS - 1), 0.1).outcome == "noisy"


def test_too_few_pairs_decide_nothing() -> None:
    assert judge([1.0] * 3, [9.0] * 3, 0.1).outcome == "noisy"


@given(st.lists(st.floats(0.1, 10), min_size=6, max_size=60))
def test_the_interval_holds_the_median(values: list[float]) -> None:
    ordered = sorted(values)
    low, high = interval(ordered)
    assert low <= ordered[len(ordered) // 2] <= high
    assert low in ordered
    assert high in ordered


@pytest.mark.parametrize("count", [6, 7, 15, 31])
def test_the_interval_covers_as_often_as_it_says(count: int) -> None:
    dice, hits, trials = random.Random(3), 0, 3000
    for _ in range(trials):
        low, high = interval(sorted(dice.lognormvariate(0, 1) for _ in range(count)))
        hits += low <= 1.0 <= high
    assert hits / trials >= 0.94


def test_queries_are_split_and_named() -> None:
    found = split(
        "-- name: by owner\nSELECT * FROM lead WHERE a = ';';\n\nSELECT 1; SELECT 1;\n-- name: by owner\nSELECT 2;\n"
        "SELECT 'a very long query that goes on and on and on and on', 'without an end';"
    )
    assert [query.name for query in found] == [
        "by owner",
        "SELECT 1",
        "SELECT 1 (2)",
        "by owner (2)",
        "SELECT 'a very long query that goes on and on and on and on'…",
    ]
    assert all(not query.text.endswith(";") for query in found)
    assert "';'" in found[0].text


def test_shapes_leave_out_what_only_the_numbers_change() -> None:
    def plan(node: str, cost: float, **more: object) -> dict[str, object]:
        return {"Node Type": node, "Total Cost": cost, "Actual Rows": cost, **more}

    one = plan(
        "Hash Join",
        1,
        **{"Join Type": "Inner", "Plans": [plan("Seq Scan", 2, **{"Relation Name": "a", "Schema": "s"})]},
    )
    same = plan(
        "Hash Join",
        9,
        **{"Join Type": "Inner", "Plans": [plan("Seq Scan", 8, **{"Relation Name": "a", "Schema": "t"})]},
    )
    other = plan(
        "Hash Join", 1, **{"Join Type": "Left", "Plans": [plan("Seq Scan", 2, **{"Relation Name": "a", "Schema": "s"})]}
    )
    assert shape(one) == shape(same) == ["Hash Join [Inner]", "  Seq Scan [a]"]
    assert shape(one) != shape(other)
    assert relations(one) == {("s", "a")}
