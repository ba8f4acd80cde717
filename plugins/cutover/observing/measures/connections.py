"""Connections in use, of those that the live server lets in."""

from __future__ import annotations

from cutover.context import Db, RunContext
from cutover.health import databases
from cutover.journal.check import Check
from cutover.observing import verdicts
from cutover.observing.subject import Subject


def ask(ctx: RunContext, db: Db, of: Subject) -> Check:
    """Judge the share; those that are reserved for superusers count as not there."""
    row = databases.row(db)
    percent = 100 * row["connections"] / max(row["most"], 1)
    text = f"{row['connections']} of {row['most']}, {percent:.0f} %"
    limit, figures = of.thresholds.connections_percent, {"connections": row["connections"], "most": row["most"]}
    return verdicts.judged("OBSERVE_CONNECTIONS", percent, limit, text, unit="%", figures=figures)
