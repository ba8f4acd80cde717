"""The dual_write strategy for tables that change in place: columns that stand for others, and other names.

The protocol in one paragraph. New columns are added empty, and a trigger computes them from the old ones in the very
write that touches a row; so no reader ever sees a row of which only a part is right, and no second table is needed.
History is filled in batches, then indexes and constraints are made, and every row is compared, both ways. A flag moves
reads over in steps and then writes: for that moment the trigger goes both ways, row by row, so nobody is held; from
there old columns follow new ones. Going back is the same, mirrored. A table that is renamed has both names meanwhile,
one of them as a view. See docs/dual-write.md, "In place".
"""

from cutover.postgres.dual_write.steps.enable import write_both
from cutover.postgres.dual_write.steps.reads import Vigil as reads_vigil
from cutover.postgres.dual_write.steps.reads import move as move_reads
from cutover.postgres.in_place.steps import observe
from cutover.postgres.in_place.steps.build import build
from cutover.postgres.in_place.steps.fill import backfill
from cutover.postgres.in_place.steps.finalize import finalize
from cutover.postgres.in_place.steps.ready import preflight
from cutover.postgres.in_place.steps.repair import repair
from cutover.postgres.in_place.steps.roll_back import roll_back
from cutover.postgres.in_place.steps.status import status
from cutover.postgres.in_place.steps.turn import new_only
from cutover.postgres.in_place.steps.verify import verify
from cutover.postgres.in_place.steps.watch import keep_in_step, watch

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
