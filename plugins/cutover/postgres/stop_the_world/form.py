"""The two forms of a window: the migration runs in the live database, or fills another one that then takes over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from cutover.context import Db, RunContext
from cutover.postgres import maintenance
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.online import guard


def across(ctx: RunContext) -> bool:
    """Whether another database takes over; the source then stays untouched."""
    return ctx.spec.target is not None


def new_side(ctx: RunContext) -> SideName:
    """The side that serves clients after the window: the source is blue, a target green."""
    return "green" if across(ctx) else "blue"


@contextmanager
def alone(ctx: RunContext, step: str, *, patience: float = 30) -> Iterator[Db]:
    """Hold the run's lock, in the maintenance database: the source itself may be renamed meanwhile.

    :raises Busy: another process holds it for longer than ``patience`` seconds.
    """
    info = replace(ctx.source_info, dbname=maintenance.MAINTENANCE)
    with guard.alone(ctx, step, patience=patience, where=info) as db:
        yield db
