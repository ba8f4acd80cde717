"""The online strategy: a shadow table in the same database, filled behind the live one.

The protocol in one paragraph. Triggers on the live table append the *keys* that a statement touched to a
log; they never write the shadow, so a shadow that refuses a row can never fail an application's
transaction. A drain takes log entries away and, in the same snapshot, reads the truth for those keys from
the live table and rewrites just those rows of the follower. Hence the invariant that everything rests on:
in any one snapshot, a key without a log entry has the same row on both sides. The backfill copies key ranges
without locking a row; what it may have got wrong was touched meanwhile, so it is in the log. The swap takes the
lock, drains what is left, exchanges the two tables by schema and turns the capture round.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cutover.postgres.online.steps import observe
    from cutover.postgres.online.steps.build import build
    from cutover.postgres.online.steps.catch_up import catch_up, keep_in_step
    from cutover.postgres.online.steps.fill import backfill
    from cutover.postgres.online.steps.finalize import finalize
    from cutover.postgres.online.steps.index import index
    from cutover.postgres.online.steps.ready import preflight
    from cutover.postgres.online.steps.roll_back import roll_back
    from cutover.postgres.online.steps.settle import settle
    from cutover.postgres.online.steps.status import status
    from cutover.postgres.online.steps.swap import swap
    from cutover.postgres.online.steps.verify import verify
    from cutover.postgres.online.steps.watch import watch

__all__ = [
    "backfill",
    "build",
    "catch_up",
    "finalize",
    "index",
    "keep_in_step",
    "observe",
    "preflight",
    "roll_back",
    "settle",
    "status",
    "swap",
    "verify",
    "watch",
]

# Where the module bears another name than the step.
_HOMES = {"backfill": "fill", "preflight": "ready", "keep_in_step": "catch_up"}


def __getattr__(name: str) -> Any:
    """Import a step when it is asked for: a watchdog, which has to stand by at once, needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(f"{__name__}.steps.{_HOMES.get(name, name)}")
    return home if name == "observe" else getattr(home, name)
