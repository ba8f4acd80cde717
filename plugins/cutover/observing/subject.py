"""What every measure is handed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.observing.kinds import Kind
from cutover.observing.looks import Look
from cutover.spec.names import split_table
from cutover.spec.observing import Observe, Thresholds


@dataclass(frozen=True, slots=True)
class Subject:
    """:ivar live: the database that serves since the cutover.
    :ivar earlier: the looks before this one, the oldest first.
    """

    rules: Observe
    live: ConnectionInfo
    earlier: Sequence[Look]
    at: datetime

    @classmethod
    def of(cls, ctx: RunContext, earlier: Sequence[Look], at: datetime) -> Subject:
        live = ctx.target_info if ctx.spec.target else ctx.source_info
        return cls(ctx.spec.observe, live, earlier, at)

    @property
    def thresholds(self) -> Thresholds:
        return self.rules.thresholds

    @property
    def patience(self) -> float:
        """Seconds for one measure."""
        return self.rules.patience.total_seconds()

    @property
    def timeout(self) -> str:
        """The same, as the server reads it."""
        return f"{round(self.patience * 1000)}ms"

    def before(self, kind: Kind) -> dict[str, Any]:
        """Return the figures that the last look which had any of a kind has left."""
        return next((dict(figures) for look in reversed(self.earlier) if (figures := look.figures(kind))), {})


def search_path(ctx: RunContext) -> tuple[str, ...]:
    """Return where the live side's tables are, for queries that name no schema."""
    named = [table.name for table in ctx.spec.tables] + [shape.name for shape in ctx.spec.shapes]
    return tuple(dict.fromkeys([*(split_table(name)[0] for name in named), "public"]))
