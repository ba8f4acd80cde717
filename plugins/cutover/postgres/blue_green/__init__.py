"""The blue-green strategy: two databases, a cutover that nobody notices, and a way back that loses nothing.

The protocol in one paragraph. Green is built from blue's schema and the migration's SQL, filled from one snapshot of
blue, and follows blue by logical replication from the position of that snapshot. The side that is not live is fenced:
a trigger on every table refuses every writer but the apply worker. The cutover holds the clients in the router,
fences blue, sees a marker row and blue's last position arrive on green, carries the sequences, takes the fence off
green, which is the decision, and lets the clients go on there. From that moment blue follows green, so going back is
the same thing mirrored. See docs/blue-green.md for what happens when something dies in between.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cutover.postgres.blue_green.steps import observe
    from cutover.postgres.blue_green.steps.build import build
    from cutover.postgres.blue_green.steps.copy import copy
    from cutover.postgres.blue_green.steps.cut_over import cut_over
    from cutover.postgres.blue_green.steps.finalize import finalize
    from cutover.postgres.blue_green.steps.follow import follow
    from cutover.postgres.blue_green.steps.index import index
    from cutover.postgres.blue_green.steps.ready import preflight
    from cutover.postgres.blue_green.steps.roll_back import roll_back
    from cutover.postgres.blue_green.steps.sample import sample
    from cutover.postgres.blue_green.steps.status import status
    from cutover.postgres.blue_green.steps.verify import verify
    from cutover.postgres.blue_green.steps.watch import keep_in_step, watch

__all__ = [
    "build",
    "copy",
    "cut_over",
    "finalize",
    "follow",
    "index",
    "keep_in_step",
    "observe",
    "preflight",
    "roll_back",
    "sample",
    "status",
    "verify",
    "watch",
]

# Where the module bears another name than the step.
_HOMES = {"preflight": "ready", "keep_in_step": "watch"}


def __getattr__(name: str) -> Any:
    """Import a step when it is asked for: a watchdog, which has to stand by at once, needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(f"{__name__}.steps.{_HOMES.get(name, name)}")
    return home if name == "observe" else getattr(home, name)
