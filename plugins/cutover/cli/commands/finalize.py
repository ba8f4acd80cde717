"""Give up the way back: archive or drop the old side, leave nothing else behind."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cutover import strategies
from cutover.approvals.holding import UNSIGNED, unsigned
from cutover.cli import opened
from cutover.cli.answer import Answer, UsageError
from cutover.context import RunContext
from cutover.journal.records import Run
from cutover.postgres.backup import FolderStore

NAME = "finalize"
HELP = "give up the way back of a run"


def arguments(parser: argparse.ArgumentParser) -> None:
    opened.argument_run(parser)
    opened.argument_yes(parser)
    parser.add_argument("--early", action="store_true", help="though the rollback window is still open")
    parser.add_argument("--unsigned", action="store_true", help="though a role has not signed the run off")
    parser.add_argument(
        "--old-table", choices=("archive", "drop"), help="online: for all tables; by default as the spec says"
    )
    parser.add_argument(
        "--old-database",
        "--old",
        choices=("keep", "archive", "drop"),
        help="two databases: by default as the spec says",
    )
    parser.add_argument("--archive-to", type=Path, metavar="FOLDER", help="where the archive of the old database goes")


def run(arguments: argparse.Namespace) -> Answer:
    with opened.run_context(arguments.run) as ctx:
        before = ctx.journal.get_run(ctx.run_id)
        _refuse(before, early=arguments.early)
        missing = _unsigned(ctx, before, allowed=arguments.unsigned)
        opened.confirm(arguments, before, "finalize")
        if missing:
            text = f"finalized although {missing}, as the command line says"
            ctx.journal.event(ctx.run_id, UNSIGNED, text, actor=opened.actor())
        ctx.journal.set_state(ctx.run_id, "finalizing", actor=opened.actor())
        with ctx.journal.step(ctx.run_id, "finalize") as step:
            choice = {"old_table": arguments.old_table, "old_database": arguments.old_database}
            store = FolderStore(arguments.archive_to) if arguments.archive_to else None
            figures = strategies.finalize(ctx, **choice, store=store)
            step.detail(figures)
        ctx.journal.set_state(ctx.run_id, "finalized", actor=opened.actor())
        opened.keep_runbook(ctx)
    shown = "; ".join(f"{what}: {_shown(found)}" for what, found in figures.items() if found) or "nothing was left"
    return Answer({"run": arguments.run, **figures}, f"{arguments.run} is finalized. {shown}")


def _shown(found: Any) -> str:
    return ", ".join(map(str, found)) if isinstance(found, list) else str(found)


def _unsigned(ctx: RunContext, run: Run, *, allowed: bool) -> str | None:
    why = unsigned(run, ctx.journal.events(run.run_id)) if run.state == "window" else None
    if why and not allowed:
        raise UsageError(
            f"run {run.run_id!r} cannot be finalized: {why}.",
            fix="trigger the DAG sign_off to ask again, or add --unsigned.",
        )
    return why


def _refuse(run: Run, *, early: bool) -> None:
    if run.state not in ("window", "finalizing"):
        raise UsageError(
            f"run {run.run_id!r} is {run.standing}; only a run that was cut over can be finalized.",
            fix=f"finish it, or take it back: python -m cutover rollback {run.run_id}",
        )
    open_still = run.window_ends_at is not None and run.window_ends_at > datetime.now(UTC)
    if run.state == "window" and open_still and not early:
        raise UsageError(
            f"the way back of run {run.run_id!r} is open until {run.window_ends_at:%Y-%m-%d %H:%M} UTC.",
            fix="wait until then, or add --early to give it up now.",
        )
