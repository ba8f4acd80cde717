"""The last resort of a run of any strategy: its database is taken back to a rollback point.

Every strategy has a way back that loses nothing, or says what it would lose. Where that fails, or where the rows
themselves are what has to go, a rollback point is left. ``look`` restores it *beside* the live database while everybody
works, and compares every row: only then anybody can say what would be lost, in rows and minutes. ``restore`` closes the
doors, keeps what is there in a point of its own, puts the restored database in the live one's place by renaming, opens
the doors, and removes what the run has made. ``settle`` ends a restore that was given up half-way: before the renaming
the doors open to what was live, after it the restore is finished. ``back_up`` takes the point that a run begins with.
"""

from cutover.postgres.last_resort.back_up import back_up
from cutover.postgres.last_resort.look import discard, look
from cutover.postgres.last_resort.restore import restore
from cutover.postgres.last_resort.settle import settle

__all__ = ["back_up", "discard", "look", "restore", "settle"]
