"""How long the application waited: per transaction, and over all writers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from cutover_demo.ledger import Entry


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds. ``max_stall`` is the slowest single transaction, failed ones included, from its first statement
    to its verdict; ``max_silence`` the longest time in which no writer had a commit acknowledged."""

    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    max_stall: float = 0.0
    max_silence: float = 0.0


def measure(entries: list[Entry]) -> Latency:
    """Return the figures of ``entries``, which may come in any order and from any number of writers."""
    if not entries:
        return Latency()
    times = sorted(entry.seconds * 1000 for entry in entries)
    commits = sorted(entry.ended for entry in entries if entry.outcome == "ack")
    silence = max((later - earlier for earlier, later in pairwise(commits)), default=0) / 1e6
    return Latency(
        p50=_quantile(times, 0.50),
        p95=_quantile(times, 0.95),
        p99=_quantile(times, 0.99),
        max_stall=round(times[-1], 1),
        max_silence=round(silence, 1),
    )


def _quantile(ordered: list[float], share: float) -> float:
    """Return the smallest value that at least ``share`` of the values do not exceed."""
    place = -int(-(len(ordered) * share) // 1) - 1
    return round(ordered[max(0, place)], 1)
