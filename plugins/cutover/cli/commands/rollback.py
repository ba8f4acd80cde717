"""Take a run back from any instant, as the rollback DAGs do; loses no write. Running it twice is harmless."""

from __future__ import annotations

import argparse

from cutover import strategies
from cutover.cli import opened, vaults
from cutover.cli.answer import Answer, UsageError
from cutover.context import RunContext
from cutover.postgres import last_resort

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
    parser.add_argument(
        "--point", help="the last resort: a rollback point, as `backups` lists it; what is lost is looked at first"
    )


def run(arguments: argparse.Namespace) -> Answer:
    with opened.run_context(arguments.run) as ctx:
        before = ctx.journal.get_run(ctx.run_id)
        if before.state in ("finalizing", "finalized"):
            raise UsageError(
                f"run {before.run_id!r} is {before.standing}: its old side no longer follows, there is no way back.",
                fix="write a migration that changes the table back.",
            )
        if arguments.point and ctx.spec.form == "databases":
            raise UsageError(
                f"run {before.run_id!r}: there is no last resort where a flag leads from one database to another.",
                fix=f"go back without a point, which loses nothing: python -m cutover rollback {before.run_id}",
            )
        if arguments.point:
            return _last_resort(ctx, arguments)
        opened.confirm(arguments, before, "rollback")
        if before.state != "rolled_back":
            _announce(ctx, arguments.reason)
        with ctx.journal.step(ctx.run_id, "roll_back") as step:
            last_resort.settle(ctx)
            more = {"vault": vaults.of(ctx, must=False)} if ctx.spec.strategy == "stop_the_world" else {}
            figures = strategies.of(ctx).roll_back(ctx, accept_loss=arguments.accept_loss, **more)
            step.detail(figures)
        ctx.journal.set_state(ctx.run_id, "rolled_back", actor=opened.actor())
        opened.keep_runbook(ctx)
    swapped = "live was swapped back" if figures.get("was_swapped") else "live had not changed sides"
    return Answer({"run": arguments.run, **figures}, f"{arguments.run} is rolled back and verified: {swapped}.")


def _last_resort(ctx: RunContext, arguments: argparse.Namespace) -> Answer:
    """Look, ask, restore; a no leaves everything as it was."""
    vault = vaults.of(ctx, must=True)
    with ctx.journal.step(ctx.run_id, "look_at_point") as step:
        found = last_resort.look(ctx, arguments.point, vault)
        step.detail(found)
    try:
        if not arguments.accept_loss and found["rows"]:
            opened.ask(arguments, "rollback", f"{ctx.spec.title} ({ctx.run_id}): going back loses {found['text']}.")
    except BaseException:  # a no, or Ctrl-C at the question
        last_resort.discard(ctx)
        raise
    if ctx.journal.get_run(ctx.run_id).state != "rolled_back":
        _announce(ctx, arguments.reason)
    with ctx.journal.step(ctx.run_id, "restore_point") as step:
        figures = last_resort.restore(ctx, arguments.point, vault, accept_loss=True)
        step.detail(figures)
    ctx.journal.set_state(ctx.run_id, "rolled_back", actor=opened.actor())
    opened.keep_runbook(ctx)
    text = f"{ctx.run_id} is taken back to {arguments.point}; what was there is kept as {figures['kept']}."
    return Answer({"run": ctx.run_id, **figures}, text)


def _announce(ctx: RunContext, reason: str | None) -> None:
    """Mark the run, which stops its steps wherever they are."""
    ctx.journal.set_state(
        ctx.run_id, "rolling_back", reason=reason or "asked for on the command line", actor=opened.actor()
    )
