"""Say what a run would do: objective, changes, risks, order, estimated time and the way back. Changes nothing."""

from __future__ import annotations

import argparse

from cutover.cli import opened
from cutover.cli.answer import Answer
from cutover.cli.connections import resolve
from cutover.opening import open_draft

NAME = "plan"
HELP = "say what a run would do (Markdown)"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="migration or folder")


def run(arguments: argparse.Namespace) -> Answer:
    spec = opened.spec(arguments.name)
    from cutover.postgres.plan import plan_document

    with opened.journal() as journal:
        text = plan_document(open_draft(spec, journal, resolve)).markdown
    return Answer({"migration": spec.name, "plan": text}, text)
