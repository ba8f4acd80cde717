"""Shadow reads of a side that follows by replication: behind is not wrong, and wrong is not behind."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from cutover.flags.comparing import Pair, compare, compare_behind


def series(*values: object) -> Callable[[], object]:
    """Answer with one after the other, the last one for ever."""
    given: Iterator[object] = itertools.chain(values, itertools.repeat(values[-1]))
    return lambda: next(given)


def behind(old: Callable[[], object], new: Callable[[], object], *, reads_new: bool = False, lag: float = 0.3):  # type: ignore[no-untyped-def]
    return compare_behind(Pair(old, new, reads_new=reads_new), "row", 1, 7, lag, lambda: True)


def test_what_arrives_within_the_lag_is_the_same() -> None:
    late = series(1, 1, 1, 1, 2)
    assert behind(series(2), late) == (2, None, True)
    assert compare(Pair(series(2), series(1, 1, 1, 1, 2), reads_new=False), "row", 1, 7)[1] is not None


def test_the_new_side_may_say_what_the_old_one_said_before() -> None:
    ever = itertools.count()
    assert behind(lambda: next(ever), series(-1, -1, 1))[1:] == (None, True)


def test_the_other_way_round_is_a_difference() -> None:
    answer, difference, judged = behind(series(1), series(2), reads_new=True, lag=0.05)
    assert (answer, judged) == (2, True)
    assert difference is not None and (difference.old, difference.new) == ("1", "2")


def test_an_error_of_the_other_side_is_a_difference_unless_it_goes() -> None:
    def fails() -> object:
        raise LookupError("no such row")

    difference = behind(series(1), fails, lag=0.05)[1]
    assert difference is not None and "LookupError" in difference.new
    chance = iter([fails, lambda: 1])
    assert behind(series(1), lambda: next(chance)())[1:] == (None, True)


def test_whoever_waits_for_this_work_is_not_kept_waiting() -> None:
    found = compare_behind(Pair(series(1), series(2), reads_new=False), "row", 1, 7, 60.0, lambda: False)
    assert found == (1, None, False)
