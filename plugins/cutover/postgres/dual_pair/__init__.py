"""Double writing between two databases: the blue-green engine under the phases of dual_write, and a flag as its router.

The protocol in one paragraph. Green is built, filled and follows blue as in the blue-green strategy; applications write
one side, blue until ``new_only`` and green from then on, and replication writes the other one. Reads move to green in
steps while it follows, as far behind as the lag. The cutover is that of blue-green, where the flag is held instead of a
pool, and its next version says that green is written: that is one change, made after the decision. Going back is the
same mirrored, and then the flag goes back one mode at a time, before anything of green is taken away. See
docs/dual-write.md.
"""

from cutover.postgres.blue_green.steps import observe
from cutover.postgres.blue_green.steps.verify import verify
from cutover.postgres.dual_pair.steps.backfill import backfill
from cutover.postgres.dual_pair.steps.build import build
from cutover.postgres.dual_pair.steps.finalize import finalize
from cutover.postgres.dual_pair.steps.new_only import new_only
from cutover.postgres.dual_pair.steps.reads import move_reads, reads_vigil
from cutover.postgres.dual_pair.steps.ready import preflight
from cutover.postgres.dual_pair.steps.repair import repair
from cutover.postgres.dual_pair.steps.roll_back import roll_back
from cutover.postgres.dual_pair.steps.status import status
from cutover.postgres.dual_pair.steps.watch import keep_in_step, watch
from cutover.postgres.dual_write.steps.enable import write_both

__all__ = [
    "backfill",
    "build",
    "finalize",
    "keep_in_step",
    "move_reads",
    "new_only",
    "observe",
    "preflight",
    "reads_vigil",
    "repair",
    "roll_back",
    "status",
    "verify",
    "watch",
    "write_both",
]
