"""What most commands need: the journal, a run's context, a spec, who asks, and whether they mean it."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from cutover import strategies
from cutover.cli.answer import UsageError
from cutover.cli.connections import resolve
from cutover.context import RunContext
from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.opening import JOURNAL, open_run
from cutover.spec.loader import load
from cutover.spec.models import Migration


@contextlib.contextmanager
def journal() -> Iterator[Journal]:
    """Yield the central journal."""
    with Journal(resolve(JOURNAL)) as opened:
        yield opened


@contextlib.contextmanager
def run_context(run_id: str) -> Iterator[RunContext]:
    """Yield the context of a run that has an engine.

    :raises StrategyUnknown: there is none for its strategy.
    """
    with journal() as opened:
        context = open_run(run_id, opened, resolve)
        strategies.of(context)
        yield context


def keep_runbook(ctx: RunContext) -> None:
    """Keep the documents of a run that has come to an end."""
    from cutover.runbook import keep  # nothing that other commands should wait for

    keep(ctx.journal, ctx.run_id)


def spec(name_or_folder: str) -> Migration:
    """Load a spec by its name, or by a path where a folder is there (``./somewhere/leads_v2``)."""
    folder = Path(name_or_folder)
    if os.sep in name_or_folder and folder.is_dir():
        return load(folder.absolute())
    return load(name_or_folder)


def actor() -> str:
    """Return who asks, for the journal."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"uid {os.getuid()}"
    return f"{user}@{socket.gethostname()} (command line)"


def argument_run(parser: argparse.ArgumentParser) -> None:
    """Add the argument RUN."""
    parser.add_argument("run", metavar="RUN", help="the run's id, as `runs` lists it")


def argument_yes(parser: argparse.ArgumentParser) -> None:
    """Add the option that answers the question of :func:`confirm` beforehand."""
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")


def confirm(arguments: argparse.Namespace, run: Run, what: str) -> None:
    """Ask before something that cannot be taken back. :raises UsageError: the answer is no, or nobody can be asked."""
    ask(arguments, what, f"run {run.run_id} ({run.title}) on {run.database}, now {run.standing}.")


def ask(arguments: argparse.Namespace, what: str, about: str) -> None:
    """Ask, having told what it is about. :raises UsageError: the answer is no, or nobody can be asked."""
    if arguments.yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{what} asks for confirmation, and there is no terminal.", fix="add --yes.")
    print(f"{what}: {about}", file=sys.stderr)
    print("Type yes to go on: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() != "yes":
        raise UsageError("not confirmed; nothing was done.")
