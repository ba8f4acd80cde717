"""From sizes and one measured speed to times: ranges, because neither network nor disk of green was measured."""

from __future__ import annotations

from cutover.postgres.plan.model import Range
from cutover.postgres.plan_pair.model import Speed, Times
from cutover.postgres.preflight_pair.structure import Table

# Bytes per second, measured on two cores with other work beside it: one stream of binary COPY into a table without
# indexes, building the indexes by two workers, and reading rows to hash them.
WRITE, INDEX, HASH = 60e6, 32e6, 90e6
# Two streams copied 1.05 to 1.3 times as fast as one on two cores; the pipe and the disk set an end to it.
GAIN_PER_WORKER, MOST_GAIN = 0.3, 3.0
GOOD, BAD, LEAST = 0.5, 4.0, 0.5
# Seconds of a cutover: measured 23 to 52 ms with few tables; locks, fences and sequences come on top of that.
PAUSE, PER_TABLE, PER_SEQUENCE = 0.03, 0.0002, 0.0001
PAUSE_BAD, PER_TABLE_BAD, PER_SEQUENCE_BAD = 0.2, 0.001, 0.0005


def times(tables: list[Table], sequences: int, workers: int, speed: Speed | None) -> Times:
    """Return how long the parts of a run take."""
    heap = sum(table.relation.bytes_estimated for table in tables)
    indexes = sum(table.relation.index_bytes for table in tables)
    stream = min(WRITE, speed.per_second) if speed else WRITE
    gain = min(MOST_GAIN, 1 + GAIN_PER_WORKER * (workers - 1))
    pause = Range(
        PAUSE + PER_TABLE * len(tables) + PER_SEQUENCE * sequences,
        PAUSE_BAD + PER_TABLE_BAD * len(tables) + PER_SEQUENCE_BAD * sequences,
    )
    return Times(_range(heap / (stream * gain)), _range(indexes / INDEX), _range(2 * heap / HASH), pause)


def _range(seconds: float) -> Range:
    return Range(max(LEAST, seconds * GOOD), max(LEAST, seconds * BAD))
