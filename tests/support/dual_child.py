"""Runs steps of a change of shape in a process to be killed: ``python -m support.dual_child RUN STEP...``."""

from __future__ import annotations

import sys

from cutover import strategies
from cutover.connections import from_environment
from cutover.journal.store import Journal
from cutover.opening import open_run
from cutover.postgres.dual_write.steps import reads

READS = {"shadow": lambda ctx: reads.move(ctx, 0), "reads": lambda ctx: reads.move(ctx, 100)}


def main() -> None:
    run_id, *steps = sys.argv[1:]
    ctx = open_run(run_id, Journal(from_environment("cutover_journal")), from_environment)
    for step in steps:
        READS.get(step, getattr(strategies.of(ctx), step, None))(ctx)


if __name__ == "__main__":
    main()
