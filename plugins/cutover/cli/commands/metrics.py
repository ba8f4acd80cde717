"""Print what Prometheus is told of migrations, for a file that a node's exporter picks up; or to look at."""

from __future__ import annotations

import argparse

from cutover.cli import opened
from cutover.cli.answer import Answer

NAME = "metrics"
HELP = "print the metrics of all runs, for Prometheus"


def arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""


def run(arguments: argparse.Namespace) -> Answer:
    from cutover.metrics import exposition

    with opened.journal() as journal:
        text = exposition(journal).decode()
    return Answer({"metrics": text}, text)
