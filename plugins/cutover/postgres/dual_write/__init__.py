"""The dual_write strategy: two shapes of the same data, both written, and a flag that says which one is read.

The protocol in one paragraph. A shape's tables are told as queries over the other's. Triggers note which keys a
transaction touches, and before its COMMIT their rows are derived under their own locks, so in every snapshot both sides
say the same; where the application writes both sides itself, keys are noted only and derived afterwards. Once history
is filled and every row compared, a flag moves reads over in steps, and then, while nobody writes for a moment, the
writes: from there the old side is derived from the new one. Each change of the flag waits until every live instance
works by it. Going back is moving the flag back. See docs/dual-write.md.
"""

from cutover.postgres.dual_write.steps import observe
from cutover.postgres.dual_write.steps.build import build
from cutover.postgres.dual_write.steps.enable import write_both
from cutover.postgres.dual_write.steps.fill import backfill
from cutover.postgres.dual_write.steps.finalize import finalize
from cutover.postgres.dual_write.steps.reads import Vigil as reads_vigil
from cutover.postgres.dual_write.steps.reads import move as move_reads
from cutover.postgres.dual_write.steps.ready import preflight
from cutover.postgres.dual_write.steps.repair import repair
from cutover.postgres.dual_write.steps.roll_back import roll_back
from cutover.postgres.dual_write.steps.status import status
from cutover.postgres.dual_write.steps.turn import new_only
from cutover.postgres.dual_write.steps.verify import verify
from cutover.postgres.dual_write.steps.watch import keep_in_step, watch

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
