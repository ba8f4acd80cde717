"""The stop-the-world strategy: a maintenance window in which nobody writes, so everything can be exact and fast.

The protocol in one paragraph. Doors close: the router holds clients or turns them away, a fence on every table refuses
every writer, transactions are given time and then ended, no session of an application is left. Behind closed doors the
migration runs in place, after a rollback point was taken, or fills another database from the source, which stays
untouched. Everything is verified. The doors open in one transaction, which is the decision; until then, a rollback only
opens them to the old state. After it, going back restores the rollback point beside the live database and swaps both,
or leads clients back to the source; what was written since is named, and kept. See docs/stop-the-world.md for what
happens when something dies in between.
"""

from cutover.postgres.stop_the_world.forecast import estimate
from cutover.postgres.stop_the_world.steps import observe
from cutover.postgres.stop_the_world.steps.close import close, prepare
from cutover.postgres.stop_the_world.steps.finalize import finalize
from cutover.postgres.stop_the_world.steps.migrate import migrate
from cutover.postgres.stop_the_world.steps.open import open_doors
from cutover.postgres.stop_the_world.steps.ready import preflight
from cutover.postgres.stop_the_world.steps.roll_back import roll_back
from cutover.postgres.stop_the_world.steps.save import save
from cutover.postgres.stop_the_world.steps.status import status
from cutover.postgres.stop_the_world.steps.verify import verify
from cutover.postgres.stop_the_world.steps.watch import keep_in_step, watch

__all__ = [
    "close",
    "estimate",
    "finalize",
    "keep_in_step",
    "migrate",
    "observe",
    "open_doors",
    "preflight",
    "prepare",
    "roll_back",
    "save",
    "status",
    "verify",
    "watch",
]
