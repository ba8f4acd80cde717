"""Let the side that is not live follow once: what the DAG keep_in_step does every minute."""

from __future__ import annotations

import argparse

from cutover import strategies
from cutover.cli import opened
from cutover.cli.answer import Answer

NAME = "keep-in-step"
HELP = "let the old side follow once"


def arguments(parser: argparse.ArgumentParser) -> None:
    opened.argument_run(parser)


def run(arguments: argparse.Namespace) -> Answer:
    with opened.run_context(arguments.run) as ctx:
        figures = strategies.of(ctx).keep_in_step(ctx)
    return Answer({"run": arguments.run, **figures}, ", ".join(f"{name} {value}" for name, value in figures.items()))
