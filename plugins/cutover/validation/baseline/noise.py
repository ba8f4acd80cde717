"""What pairs of timings say: faster, slower, or too noisy to tell.

Timings of one query on a busy machine are skewed and drift. So both sides are timed in turns, each pair gives a ratio,
and the median of the ratios is judged by its distribution-free confidence interval (order statistics of a binomial with
p = 1/2; no assumption about the shape of the noise).

It is looked at again and again until it says something, and each look is a chance to be misled. A false ``slower``
takes a good migration back, so that verdict needs the wider of two intervals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

CONFIDENCE = 0.95
# Of the interval that ``slower`` is judged by, and the fewest pairs that can give it.
SURE = 0.999
SURE_PAIRS = 11
# Below this many milliseconds a difference is the clock's and the scheduler's, not the query's.
LEAST_MS = 0.05

Outcome = Literal["fine", "slower", "noisy"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one query.

    :ivar ratio: median of new time / old time; ``low`` and ``high`` are its confidence interval.
    :ivar left_ms: median of the old side's times; ``right_ms`` of the new side's.
    """

    outcome: Outcome
    ratio: float
    low: float
    high: float
    left_ms: float
    right_ms: float
    pairs: int


def judge(left: Sequence[float], right: Sequence[float], tolerance: float) -> Verdict:
    """Judge pairs of timings in milliseconds.

    :param tolerance: accepted slow-down (0.10: the new side may take up to 1.10 of the old side's time).
    :returns: ``slower`` only when the whole interval is beyond the limit, also the wide one; ``fine`` only when none of
        it is.
    """
    pairs = list(zip(left, right, strict=True))
    ratios = sorted(_floor(new) / _floor(old) for old, new in pairs)
    low, high = interval(ratios)
    most_ms = interval(sorted(new - old for old, new in pairs))[1]
    limit = 1 + tolerance
    left_ms, right_ms = median(left), median(right)
    outcome: Outcome = "noisy"
    if high <= limit or most_ms <= LEAST_MS:
        outcome = "fine"
    elif interval(ratios, SURE)[0] > limit:
        outcome = "slower"
    return Verdict(outcome, median(ratios), low, high, left_ms, right_ms, len(ratios))


def interval(ordered: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the confidence interval of the median of sorted values; all of them where they are too few."""
    count = len(ordered)
    rank, outside = 0, 0.0
    # The largest rank whose both tails together stay below 1 - confidence.
    for k in range(count // 2):
        outside += math.comb(count, k) / 2**count
        if 2 * outside > 1 - confidence:
            break
        rank = k + 1
    if rank == 0:
        return -math.inf, math.inf
    return ordered[rank - 1], ordered[count - rank]


def _floor(milliseconds: float) -> float:
    return max(milliseconds, 0.001)
