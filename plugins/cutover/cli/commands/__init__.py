"""One command per module: ``NAME``, ``HELP``, ``arguments(parser)`` and ``run(arguments) -> Answer``."""

from __future__ import annotations

import argparse
from typing import Protocol

from cutover.cli.answer import Answer
from cutover.cli.commands import (
    announcements,
    backup,
    backups,
    docs,
    document,
    finalize,
    flags,
    health,
    journal,
    keep_in_step,
    metrics,
    nights,
    observe,
    pause,
    plan,
    preflight,
    repair,
    restore,
    resume,
    rollback,
    runbook,
    runs,
    schema,
    speed,
    status,
    validate,
    verify,
)


class Command(Protocol):
    """What a command's module has."""

    NAME: str
    HELP: str
    __doc__: str | None

    def arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, arguments: argparse.Namespace) -> Answer: ...


ALL: tuple[Command, ...] = (
    validate,
    preflight,
    plan,
    schema,
    docs,
    journal,
    runs,
    status,
    announcements,
    document,
    runbook,
    pause,
    resume,
    speed,
    verify,
    keep_in_step,
    rollback,
    observe,
    finalize,
    flags,
    repair,
    health,
    metrics,
    nights,
    backup,
    backups,
    restore,
)
