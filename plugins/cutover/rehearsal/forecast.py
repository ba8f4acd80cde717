"""What was measured on staging, as a forecast for the real thing: work that grows with the data is scaled by size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

# Steps that take longer where there is more. The others wait for locks, clients or people.
GROWING = frozenset({"back_up", "copy_data", "backfill", "build_indexes", "index", "migrate", "verify", "fill"})
# Above it staging is too small for its times to be more than a guess.
TRUSTED = 10.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """``scale``: how many times as large the real database is; ``seconds``: to the end of the watch; ``downtime_s``:
    of a maintenance window."""

    scale: float
    seconds: float
    downtime_s: float | None
    guess: bool

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def forecast(figures: Mapping[str, Any], live_bytes: int | None) -> Forecast | None:
    """Return what the real thing will take by the first run there; None where it did not arrive or a size is not known.

    :param figures: as :func:`cutover.rehearsal.figures.measure` returns them.
    """
    run = next(iter(figures["runs"]), None)
    if run is None or not run["arrived"] or not run["seconds"] or not figures["bytes"] or not live_bytes:
        return None
    scale = live_bytes / figures["bytes"]
    more = sum(seconds for name, seconds in run["steps"] if name in GROWING) * (scale - 1)
    downtime = run["downtime_s"]
    return Forecast(
        scale=round(scale, 3),
        seconds=round(max(run["seconds"] + more, 0.0), 3),
        # Doors are closed for work that grows almost all of the time.
        downtime_s=None if downtime is None else round(downtime * scale, 3),
        guess=scale > TRUSTED,
    )
