"""What one look at one part showed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from cutover.postgres.rowdiff.model import Key, Kind


@dataclass(slots=True)
class Look:
    """What one snapshot showed. ``totals`` and ``columns`` count what is not in flight; lists are bounded."""

    rows_left: int
    rows_right: int
    totals: Counter[str] = field(default_factory=Counter)
    columns: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[Kind, Key]] = field(default_factory=list)
    in_flight: int = 0
    in_flight_keys: list[Key] = field(default_factory=list)
