"""Mend the rows in which the two sides of a dual write differ, in the direction that is chosen, and prove it."""

from __future__ import annotations

import argparse

from cutover import strategies
from cutover.cli import opened
from cutover.cli.answer import Answer, UsageError

NAME = "repair"
HELP = "mend rows in which the sides of a dual write differ"


def arguments(parser: argparse.ArgumentParser) -> None:
    opened.argument_run(parser)
    parser.add_argument(
        "--direction",
        choices=("forward", "back"),
        default="forward",
        help="forward (by default): the new side is made what the old one says; back: the old side from the new one",
    )
    parser.add_argument("--table", help="only this table, as schema.name")


def run(arguments: argparse.Namespace) -> Answer:
    with opened.run_context(arguments.run) as ctx:
        if ctx.spec.strategy != "dual_write":
            raise UsageError(
                f"run {ctx.run_id!r} used the strategy {ctx.spec.strategy!r}, whose sides nobody mends by hand.",
                fix=f"roll it back: python -m cutover rollback {ctx.run_id}",
            )
        with ctx.journal.step(ctx.run_id, "repair") as step:
            figures = strategies.dual(ctx).repair(ctx, arguments.direction, arguments.table)
            step.detail(figures)
        ctx.journal.event(ctx.run_id, "repair", f"by {opened.actor()}: {_text(figures)}")
    return Answer({"run": arguments.run, **figures}, _text(figures))


def _text(figures: dict[str, list[dict[str, int]]]) -> str:
    return "\n".join(
        f"{one['table']}: {one['found']} rows differed, {one['mended']} mended, {one['left']} differ now"
        for one in figures["tables"]
    )
