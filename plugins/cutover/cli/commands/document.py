"""Print a document of a run (plan.md, report.html, report.json ...), or list what there is."""

from __future__ import annotations

import argparse
import base64

from cutover.cli import opened
from cutover.cli.answer import Answer, table

NAME = "document"
HELP = "print a run's plan or report"


def arguments(parser: argparse.ArgumentParser) -> None:
    opened.argument_run(parser)
    parser.add_argument("name", metavar="NAME", nargs="?", help="left out: list the documents")


def run(arguments: argparse.Namespace) -> Answer:
    with opened.journal() as journal:
        journal.get_run(arguments.run)
        if not arguments.name:
            rows = [
                {"name": d.name, "media_type": d.media_type, "size": d.size} for d in journal.documents(arguments.run)
            ]
            return Answer(rows, table(rows, ("name", "media_type", "size"), "the run has no documents"))
        found = journal.document(arguments.run, arguments.name)
    data = {"name": found.name, "media_type": found.media_type}
    try:
        return Answer({**data, "text": found.text}, found.text)
    except UnicodeDecodeError:
        encoded = base64.b64encode(found.body).decode()
        return Answer({**data, "base64": encoded}, encoded)
