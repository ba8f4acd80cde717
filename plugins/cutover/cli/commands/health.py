"""Look at everything that migrations need: databases, routers, the journal, backups, and what earlier runs have left.

Exit code 1 where something is down; with --strict also where something is worth a word. Changes nothing.
"""

from __future__ import annotations

import argparse

from cutover.cli.answer import FINDINGS, OK, Answer, table
from cutover.cli.connections import resolve
from cutover.cli.vaults import open_store
from cutover.health import look

NAME = "health"
HELP = "look at all databases, routers and stores; exit code 1 when one is down"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--strict", action="store_true", help="warnings count, too")


def run(arguments: argparse.Namespace) -> Answer:
    found = look(resolve, open_store)
    good = found.well if arguments.strict else found.ok
    rows = [
        {"": "ok" if each.ok else each.severity, "what": each.name, "where": each.object, "found": each.summary}
        for each in sorted(found.checks, key=lambda each: (each.ok, each.severity, each.object or ""))
    ]
    said = "everything is well." if found.well else "see above." if found.ok else "something is down: see above."
    text = f"{table(rows, ('', 'what', 'where', 'found'), '')}\n\n{said}"
    return Answer(found.as_dict(), text, OK if good else FINDINGS)
