"""Change the speed of a running backfill: rows per batch, pause between batches, workers. `spec` gives a value back."""

from __future__ import annotations

import argparse
from typing import Any

from cutover.cli import opened
from cutover.cli.answer import Answer, UsageError
from cutover.spec.durations import parse_duration

NAME = "speed"
HELP = "change the speed of a running backfill"


def arguments(parser: argparse.ArgumentParser) -> None:
    opened.argument_run(parser)
    parser.add_argument("--batch-rows", metavar="N", type=_whole, help="rows per batch, or spec")
    parser.add_argument("--pause", metavar="TIME", type=_seconds, help="pause between batches (500ms), or spec")
    parser.add_argument("--workers", metavar="N", type=_whole, help="batches at a time, or spec")


def run(arguments: argparse.Namespace) -> Answer:
    asked = {"batch_rows": arguments.batch_rows, "pause_seconds": arguments.pause, "workers": arguments.workers}
    changes: dict[str, Any] = {name: value[0] for name, value in asked.items() if value is not None}
    if not changes:
        raise UsageError("no speed was given.", fix="add --batch-rows, --pause or --workers.")
    with opened.journal() as journal:
        control = journal.set_control(arguments.run, opened.actor(), **changes)
    now = {name: getattr(control, name) for name in asked}
    shown = ", ".join(f"{name} = {'as in the spec' if value is None else value}" for name, value in now.items())
    return Answer({"run": arguments.run, **now}, f"{arguments.run}: {shown}")


# Both wrap the value in a list, so that "as in the spec" (None) differs from an option that was not given.
def _whole(text: str) -> list[int | None]:
    if text == "spec":
        return [None]
    try:
        return [int(text)]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a whole number nor spec") from None


def _seconds(text: str) -> list[float | None]:
    if text == "spec":
        return [None]
    try:
        return [parse_duration(text).total_seconds()]
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
