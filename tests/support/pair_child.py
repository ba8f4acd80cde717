"""Runs steps of a blue-green run in a process to be killed: ``python -m support.pair_child RUN STEP...``."""

from __future__ import annotations

import sys

from cutover.connections import from_environment
from cutover.journal.store import Journal
from cutover.opening import open_run
from cutover.postgres import blue_green


def main() -> None:
    run_id, *steps = sys.argv[1:]
    ctx = open_run(run_id, Journal(from_environment("cutover_journal")), from_environment)
    for step in steps:
        getattr(blue_green, step)(ctx)


if __name__ == "__main__":
    main()
