"""Take a run back from any instant, as the rollback DAGs do; loses no write. Running it twice is harmless."""

from __future__ import annotations

import argparse

from cutover import strategies
from cutover.cli import opened
from cutover.cli.answer import Answer, UsageError
from cutover.context import RunContext

NAME = "rollback"
HELP = "take a run back"


def arguments(parser: argparse.ArgumentParser) -> None:
    opened.argument_run(parser)
    opened.argument_yes(parser)
    parser.add_argument("--reason", help="why; kept in the journal")
    parser.add_argument(
        "--accept-loss",
        action="store_true",
        help="go back though not all that was written since the cutover fits the old side",
    )


def run(arguments: argparse.Namespace) -> Answer:
    with opened.run_context(arguments.run) as ctx:
        before = ctx.journal.get_run(ctx.run_id)
        if before.state in ("finalizing", "finalized"):
            raise UsageError(
                f"run {before.run_id!r} is {before.state}: its old side no longer follows, there is no way back.",
                fix="write a migration that changes the table back.",
            )
        opened.confirm(arguments, before, "rollback")
        if before.state != "rolled_back":
            _announce(ctx, arguments.reason)
        with ctx.journal.step(ctx.run_id, "roll_back") as step:
            figures = strategies.of(ctx).roll_back(ctx, accept_loss=arguments.accept_loss)
            step.detail(figures)
        ctx.journal.set_state(ctx.run_id, "rolled_back", actor=opened.actor())
    swapped = "live was swapped back" if figures.get("was_swapped") else "live had not changed sides"
    return Answer({"run": arguments.run, **figures}, f"{arguments.run} is rolled back and verified: {swapped}.")


def _announce(ctx: RunContext, reason: str | None) -> None:
    """Mark the run, which stops its steps wherever they are."""
    ctx.journal.set_state(
        ctx.run_id, "rolling_back", reason=reason or "asked for on the command line", actor=opened.actor()
    )
