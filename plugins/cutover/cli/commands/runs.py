"""List runs, the newest first."""

from __future__ import annotations

import argparse

from cutover.cli import opened
from cutover.cli.answer import Answer, table
from cutover.journal.records import ACTIVE, STATES

NAME = "runs"
HELP = "list runs"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--migration", metavar="NAME", help="of this migration only")
    parser.add_argument("--strategy", help="of this strategy only")
    parser.add_argument(
        "--state", action="append", choices=STATES, metavar="STATE", help="in this state; may be repeated"
    )
    parser.add_argument("--active", action="store_true", help="only those that block their database")
    parser.add_argument("--rehearsals", action="store_true", help="nights and rehearsals instead")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="at most N (20)")


def run(arguments: argparse.Namespace) -> Answer:
    states = sorted(ACTIVE) if arguments.active else arguments.state
    with opened.journal() as journal:
        limit, dry_run = max(arguments.limit, 0), arguments.rehearsals
        found = journal.runs(arguments.strategy, states, limit, migration=arguments.migration, dry_run=dry_run)
    rows = [run.as_dict() | {"started": f"{run.started_at:%Y-%m-%d %H:%M:%S}"} for run in found]
    text = table(rows, ("run_id", "state", "strategy", "database", "started", "reason"), "there are no such runs")
    return Answer([run.as_dict() for run in found], text)
