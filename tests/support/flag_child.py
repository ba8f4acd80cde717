"""Runs steps between two databases in a process to be killed: ``python -m support.flag_child RUN STEP...``."""

from __future__ import annotations

import sys

from cutover.connections import from_environment
from cutover.journal.store import Journal
from cutover.opening import open_run
from cutover.postgres import dual_pair


def main() -> None:
    run_id, *steps = sys.argv[1:]
    ctx = open_run(run_id, Journal(from_environment("cutover_journal")), from_environment)
    for step in steps:
        getattr(dual_pair, step)(ctx)


if __name__ == "__main__":
    main()
