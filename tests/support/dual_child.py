"""Runs steps of a change of shape in a process to be killed: ``python -m support.dual_child RUN STEP...``."""

from __future__ import annotations

import sys

from cutover.connections import from_environment
from cutover.journal.store import Journal
from cutover.opening import open_run
from cutover.postgres import dual_write
from cutover.postgres.dual_write.steps import reads

STEPS = {
    "build": dual_write.build,
    "write_both": dual_write.write_both,
    "backfill": dual_write.backfill,
    "shadow": lambda ctx: reads.move(ctx, 0),
    "reads": lambda ctx: reads.move(ctx, 100),
    "new_only": dual_write.new_only,
    "roll_back": dual_write.roll_back,
    "finalize": dual_write.finalize,
}


def main() -> None:
    run_id, *steps = sys.argv[1:]
    ctx = open_run(run_id, Journal(from_environment("cutover_journal")), from_environment)
    for step in steps:
        STEPS[step](ctx)


if __name__ == "__main__":
    main()
