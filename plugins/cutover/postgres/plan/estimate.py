"""From measured speeds to times: ranges, because a server at work is not the server that was measured."""

from __future__ import annotations

import math
from collections.abc import Iterable

from cutover.postgres.plan.model import Measured, Range

# Two workers copied 1.27 times as fast as one on two cores; more gain less, and disks set an end to it.
GAIN_PER_WORKER, MOST_GAIN = 0.27, 2.0
# Load, throttling, a cold cache, TOAST and checkpoints: what stands between a sample and a whole table.
GOOD, BAD = 0.8, 4.0
LEAST = 0.1


def fill(measured: Measured, rows: int, workers: int, batch_rows: int, pause: float) -> Range:
    """Seconds for the backfill of ``rows``, the spec's pauses included."""
    gain = min(MOST_GAIN, 1 + GAIN_PER_WORKER * (workers - 1))
    alone = rows / measured.copy
    pauses = pause * math.ceil(rows / batch_rows) / workers
    return _range(alone / gain, alone, pauses)


def build_indexes(measured: Measured, rows: int) -> Range:
    """Seconds for the indexes: n log n from the measured sample on."""
    if measured.index_seconds <= 0 or rows <= 0:
        return Range(0.0, LEAST)
    grown = (rows / measured.rows) * (math.log2(rows + 2) / math.log2(measured.rows + 2))
    seconds = measured.index_seconds * max(1.0, grown)
    return _range(seconds / 2, seconds)


def verify(measured: Measured, rows: int) -> Range:
    """Seconds for exact counts and a row diff: every row of both sides is read."""
    seconds = 2 * rows / measured.read
    return _range(seconds / 2, seconds)


def _range(low: float, high: float, more: float = 0.0) -> Range:
    return Range(max(LEAST, low * GOOD + more), max(LEAST, high * BAD + more))


def total(parts: Iterable[Range | None]) -> Range | None:
    """The sum, or None where a part is unknown."""
    found = Range(0.0, 0.0)
    for part in parts:
        if part is None:
            return None
        found = found + part
    return found
