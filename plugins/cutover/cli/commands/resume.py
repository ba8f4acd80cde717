"""Let a paused backfill go on where it was."""

from __future__ import annotations

import argparse

from cutover.cli import opened
from cutover.cli.answer import Answer

NAME = "resume"
HELP = "let a paused backfill go on"


def arguments(parser: argparse.ArgumentParser) -> None:
    opened.argument_run(parser)


def run(arguments: argparse.Namespace) -> Answer:
    with opened.journal() as journal:
        control = journal.set_control(arguments.run, opened.actor(), paused=False)
    return Answer({"run": arguments.run, "paused": control.paused}, f"{arguments.run} goes on.")
