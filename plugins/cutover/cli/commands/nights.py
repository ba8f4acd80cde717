"""List nights of rehearsals, or show the report of one.

Without a night: the latest ones. With one (or `last`): its report, as the morning's message sums it up.
"""

from __future__ import annotations

import argparse

from cutover.cli import opened
from cutover.cli.answer import Answer, table
from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.rehearsal import report
from cutover.rehearsal.nights import STRATEGY
from cutover.rehearsal.verdicts import spoken

NAME = "nights"
HELP = "list nights of rehearsals, or show one's report"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("night", nargs="?", metavar="NIGHT", help="run id of a night, or last")
    parser.add_argument("--migration", metavar="NAME", help="the rehearsals of this migration instead")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="at most N (20)")


def run(arguments: argparse.Namespace) -> Answer:
    with opened.journal() as journal:
        if arguments.migration:
            return _rehearsals(journal, arguments.migration, arguments.limit)
        if arguments.night is None:
            return _list(journal, arguments.limit)
        latest = journal.runs(strategy=STRATEGY, limit=1)
        night = latest[0] if arguments.night == "last" and latest else journal.get_run(arguments.night)
        found = sorted(journal.rehearsals(night=night.run_id), key=lambda one: one.migration)
    return Answer([one.as_dict() for one in found], report.markdown(night, found))


def _list(journal: Journal, limit: int) -> Answer:
    nights = journal.runs(strategy=STRATEGY, limit=limit)
    rows = [_row(journal, night) for night in nights]
    return Answer(rows, table(rows, ("night", "began", "said"), "no night yet: the DAG nightly_dry_run makes them"))


def _row(journal: Journal, night: Run) -> dict[str, str]:
    said = report.headline(journal.rehearsals(night=night.run_id)) if night.terminal else "still going on"
    return {"night": night.run_id, "began": f"{night.started_at:%Y-%m-%d %H:%M:%S}", "said": said}


def _rehearsals(journal: Journal, migration: str, limit: int) -> Answer:
    found = journal.rehearsals(migration=migration, limit=limit)
    rows = [
        {
            "rehearsal": one.rehearsal_id,
            "verdict": spoken(one.verdict),
            "why": "; ".join(one.reasons),
        }
        for one in found
    ]
    return Answer(
        [one.as_dict() for one in found], table(rows, ("rehearsal", "verdict", "why"), "it was never rehearsed")
    )
