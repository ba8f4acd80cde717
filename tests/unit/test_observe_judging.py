"""What looks say together, without any server: tables of cases, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.journal.check import Check
from cutover.observing import Judgement, Look, judge, looks, verdicts
from cutover.observing.judging import Level
from cutover.spec.observing import Observe

START = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
RULES = Observe.model_validate({})
MINUTE = timedelta(minutes=1)


def check(word: str, kind: Any = "OBSERVE_ERRORS", about: str | None = None) -> Check:
    """``o``: over, ``f``: fine, ``u``: not taken."""
    if word == "u":
        return verdicts.untaken(kind, "cannot be told", about=about)
    return verdicts.judged(kind, 5.0 if word == "o" else 0.0, 1.0, f"is {word}", unit="%", about=about)


def whole(harmful: bool = False) -> Check:
    return verdicts.found("OBSERVE_WAY_BACK", not harmful, "3 rows have no way back", figures={"harmful": harmful})


def history(words: str, *, every: timedelta = MINUTE, more: Sequence[Check] | None = None) -> list[Look]:
    """One look for each letter; a dot is one that nobody took."""
    extra = [whole()] if more is None else list(more)
    return [Look(START + n * every, [check(word), *extra]) for n, word in enumerate(words) if word != "."]


def judged(
    found: Sequence[Look], *, automatic: bool = True, later: timedelta = timedelta(0), **rules: Any
) -> Judgement:
    now = found[-1].at + later if found else START
    return judge(found, Observe.model_validate(rules), now, automatic=automatic)


def level(found: Sequence[Look], **how: Any) -> Level:
    return next(v.level for v in judged(found, **how).verdicts if v.check.code == "OBSERVE_ERRORS")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("f", "fine"),
        ("o", "over"),
        ("ffo", "over"),
        ("fooo", "over"),  # two minutes
        ("foooo", "warn"),  # three
        ("f" + "o" * 8, "warn"),  # seven
        ("f" + "o" * 9, "act"),  # eight
        ("oooofo", "over"),
        ("o" * 20 + "f", "fine"),
        ("o" * 5 + "u" * 5, "warn"),  # what was not seen makes it no longer
        ("ouuu", "over"),
        ("ouuo", "warn"),  # ... but between two that were over it goes on
        ("o...o", "warn"),  # three looks were missed
        ("o......o", "over"),  # too long ago: nobody knows what was between
    ],
)
def test_it_has_to_last(words: str, wanted: Level) -> None:
    assert level(history(words)) == wanted


def test_nothing_is_judged_by_what_is_old() -> None:
    found = history("o" * 12)
    assert level(found) == "act"
    assert level(found, later=6 * MINUTE) == "warn", "nobody has looked since"
    assert judged(found, later=timedelta(hours=1)).verdicts == []
    assert judged([]).verdicts == []


def test_in_wide_steps_the_last_look_stands_until_the_next() -> None:
    found = history("fff", every=timedelta(minutes=15))
    assert level(found, later=timedelta(minutes=14)) == "fine"


def test_nobody_is_taken_back_who_said_no() -> None:
    found = history("o" * 12)
    assert level(found, automatic=False) == "warn"
    assert level(found, roll_back_on=[]) == "warn"
    assert level(found, roll_back_on=["error_rate"], roll_back_after="20m") == "warn"
    assert level(found, warn_after="0s", roll_back_after="0s") == "act"


@pytest.mark.parametrize("kind", ["OBSERVE_UP", "OBSERVE_WAY_BACK", "OBSERVE_LAG", "OBSERVE_LOCKS", "OBSERVE_DISK"])
def test_what_says_nothing_of_the_new_side_only_warns(kind: str) -> None:
    found = [Look(START + n * MINUTE, [check("o", kind)]) for n in range(12)]
    (verdict,) = judged(found).verdicts
    assert verdict.level == "warn" and judged(found).acts == []


def test_a_way_back_that_loses_rows_is_taken_by_nobody() -> None:
    lossy = judged(history("o" * 12, more=[whole(harmful=True)]))
    assert next(v.level for v in lossy.warnings) == "act" and lossy.acts == []
    assert lossy.obstacle == "3 rows have no way back"


def test_nor_is_one_that_nobody_could_see() -> None:
    for more in ([], [verdicts.untaken("OBSERVE_WAY_BACK", "cannot be told")]):
        unseen = judged(history("o" * 12, more=more))
        assert unseen.acts == [] and unseen.obstacle == "nobody could see whether the way back is whole"
    once = [*history("o"), *history("." + "o" * 12, more=[])]
    assert judged(once).acts == [], "it was seen, but long ago"


def test_rows_that_the_old_side_lacks_keep_the_run_where_it_is() -> None:
    figures = {"harmful": True}
    count = verdicts.judged("OBSERVE_COUNT", 2, 0, "2 rows are missing", unit="rows", figures=figures)
    found = history("o" * 12, more=[whole(), count])
    assert judged(found).acts == [] and judged(found).obstacle == "2 rows are missing"


def test_probes_are_told_apart() -> None:
    found = [
        Look(START + n * MINUTE, [check("o", "OBSERVE_PROBE", "a"), check("f", "OBSERVE_PROBE", "b"), whole()])
        for n in range(5)
    ]
    assert {v.check.object: v.level for v in judged(found).verdicts if v.check.object} == {"a": "warn", "b": "fine"}


@given(words=st.text("of", min_size=1, max_size=30))
def test_two_who_look_at_once_change_nothing(words: str) -> None:
    once = history(words)
    twice = [Look(look.at + extra, look.checks) for look in once for extra in (timedelta(0), timedelta(0))]
    assert judged(twice) == judged(once)


@given(words=st.text("of", min_size=1, max_size=40))
def test_acting_needs_eight_minutes_without_a_break(words: str) -> None:
    over = len(words) - len(words.rstrip("o"))
    wanted = "fine" if not over else "over" if over <= 3 else "warn" if over <= 8 else "act"
    assert level(history(words)) == wanted


@given(words=st.text("ofu.", min_size=1, max_size=40), cut=st.integers(1, 39))
def test_whoever_comes_later_with_the_same_looks_says_the_same(words: str, cut: int) -> None:
    found = history(words)
    again = [Look.from_dict(look.as_dict()) for look in found]
    assert again == found and judged(again) == judged(found)


@pytest.mark.parametrize(
    ("last", "ago", "since_cutover", "wanted"),
    [
        (None, 0, 0, True),
        ("f", 60, 600, True),
        ("f", 35, 600, True),  # the clock ticks every minute, and the last look took its time
        ("f", 20, 600, False),
        ("f", 120, 3700, False),
        ("f", 880, 3700, True),
        ("o", 60, 3700, True),  # what is over is looked at closely
    ],
)
def test_when_the_next_look_is_due(last: str | None, ago: int, since_cutover: int, wanted: bool) -> None:
    now = START + timedelta(hours=2)
    look = Look(now - timedelta(seconds=ago), [check(last)]) if last else None
    assert looks.due(now - timedelta(seconds=since_cutover), look, RULES, now) is wanted


def test_rows_are_counted_in_wide_steps_and_again_while_they_differ() -> None:
    def counted(ago: int, *more: Check) -> Look:
        return Look(START - timedelta(minutes=ago), [check("f"), *more], counted=True)

    differs = verdicts.judged("OBSERVE_COUNT", 2, 0, "2 rows", unit="rows")
    plain = Look(START - MINUTE, [check("f")])
    assert looks.counting([], RULES, START) and looks.counting([plain], RULES, START)
    assert not looks.counting([counted(5), plain], RULES, START)
    assert looks.counting([counted(16), plain], RULES, START)
    assert looks.counting([counted(2, differs), plain], RULES, START)
