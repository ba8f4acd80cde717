"""Does what is written on one side arrive on the other, and if not, why not?"""

from __future__ import annotations

import time

from cutover.context import RunContext
from cutover.postgres.blue_green import lag
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.lag import Lag
from cutover.postgres.blue_green.names import SideName, other

# A worker that failed begins again after wal_retrieve_retry_interval (5 s), so one failure alone proves nothing.
FAILURES = 2


def look(ctx: RunContext, ends: Ends, origin: SideName, *, patience: float = lag.PATIENCE) -> Lag:
    """Take one look at what flows from ``origin``."""
    with ends.open(origin, "lag") as there, ends.open(other(origin), "lag") as here:
        return lag.look(there, here, ends.number, origin, patience=patience, wait=ctx.cancel.wait)


def trouble(ctx: RunContext, ends: Ends, origin: SideName, *, patience: float) -> str | None:
    """Return in words why what is written on ``origin`` does not arrive; None as soon as something has.

    :param patience: seconds after which it counts as not arriving.
    """
    until = time.monotonic() + patience
    with ends.open(origin, "lag") as there, ends.open(other(origin), "lag") as here:
        first: Lag | None = None
        while True:
            seen = lag.look(there, here, ends.number, origin, patience=1.0, wait=ctx.cancel.wait)
            first = first or seen
            if seen.arrived:
                return None
            if seen.broken:
                return "; ".join(seen.broken)
            failures = _errors(seen) - _errors(first)
            if failures >= FAILURES:
                return f"applying on {other(origin)} has failed {failures} times in {patience:.0f} s; {seen.describe()}"
            if time.monotonic() > until:
                return seen.describe()


def _errors(seen: Lag) -> int:
    return seen.subscription.errors if seen.subscription else 0
