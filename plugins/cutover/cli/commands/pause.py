"""Pause a backfill after its current batches. Capture goes on, so nothing is lost."""

from __future__ import annotations

import argparse

from cutover.cli import opened
from cutover.cli.answer import Answer

NAME = "pause"
HELP = "pause a backfill"


def arguments(parser: argparse.ArgumentParser) -> None:
    opened.argument_run(parser)


def run(arguments: argparse.Namespace) -> Answer:
    with opened.journal() as journal:
        control = journal.set_control(arguments.run, opened.actor(), paused=True)
    data = {"run": arguments.run, "paused": control.paused}
    return Answer(data, f"{arguments.run} is paused; go on with: python -m cutover resume {arguments.run}")
