"""Runs steps of a run in a process of its own, to be killed: ``python -m support.online_child RUN STEP...``."""

from __future__ import annotations

import sys

from cutover.connections import from_environment
from cutover.journal.store import Journal
from cutover.opening import open_run
from cutover.postgres import online


def main() -> None:
    run_id, *steps = sys.argv[1:]
    ctx = open_run(run_id, Journal(from_environment("cutover_journal")), from_environment)
    for step in steps:
        getattr(online, step)(ctx)


if __name__ == "__main__":
    main()
