"""Show what each audience was told, when, and what is to come: to be looked at before the night.

Changes and sends nothing. Exit code 1 where something may be missing, or has been due for so long that it is late.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from cutover.cli import opened
from cutover.cli.answer import FINDINGS, OK, Answer, table
from cutover.journal.store import Journal
from cutover.messages.announcements.moments import BEFORE, hears
from cutover.messages.announcements.samples import sample
from cutover.messages.announcements.showing import Line, lines
from cutover.messages.announcements.texts import exists
from cutover.messages.words import moment as minute
from cutover.spec.announcing import MOMENTS
from cutover.spec.loader import load_all
from cutover.spec.models import Migration

NAME = "announcements"
HELP = "show what each audience was told and what is to come"
COLUMNS = ("audience", "where", "moment", "when", "state")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--migration", metavar="NAME", help="of this migration only, by name or folder")
    parser.add_argument("--preview", action="store_true", help="show the words, with made-up figures")


def run(arguments: argparse.Namespace) -> Answer:
    specs = [opened.spec(arguments.migration)] if arguments.migration else list(_all().values())
    if arguments.preview:
        return _preview(specs)
    now = datetime.now(UTC)
    with opened.journal() as journal:
        found = {spec.name: _of(journal, spec, now) for spec in specs if spec.announce.audiences.named()}
    data = [line.as_dict() for each in found.values() for line in each]
    bad = any(line.state.startswith("uncertain") or (line.state == "due" and line.late) for line in _flat(found))
    text = "\n\n".join(f"{name}\n{_table(each)}" for name, each in found.items())
    return Answer(data, text or "no migration names an audience.", FINDINGS if bad else OK)


def _all() -> Mapping[str, Migration]:
    good, _ = load_all()
    return {name: good[name] for name in sorted(good)}


def _of(journal: Journal, spec: Migration, now: datetime) -> list[Line]:
    runs = journal.runs(migration=spec.name, limit=500, dry_run=False)
    events = {run.run_id: journal.events(run.run_id) for run in runs[:1]}
    return lines(spec, runs, events, journal.announcements(spec.name), now)


def _flat(found: Mapping[str, list[Line]]) -> Iterable[Line]:
    return (line for each in found.values() for line in each)


def _table(found: list[Line]) -> str:
    rows = [
        {
            "audience": line.audience,
            "where": line.where,
            "moment": line.moment,
            "when": minute(line.at) if line.at else line.when,
            "state": line.state,
        }
        for line in found
    ]
    return table(rows, COLUMNS, "nothing")


def _preview(specs: Iterable[Migration]) -> Answer:
    now = datetime.now(UTC)
    data: list[dict[str, Any]] = []
    for spec in specs:
        for name, audience in spec.announce.audiences.named().items():
            heard = [moment for moment in MOMENTS if hears(name, audience, moment, spec.strategy, exists)]
            for moment in heard if spec.announce.window_start else [each for each in heard if each not in BEFORE]:
                text = sample(spec, name, audience, moment, now)
                data.append({"migration": spec.name, "audience": name, "moment": moment, "text": text})
    shown = [f"--- {each['migration']}, {each['audience']}, {each['moment']}\n\n{each['text']}\n" for each in data]
    return Answer(data, "\n".join(shown) or "no migration names an audience.")
