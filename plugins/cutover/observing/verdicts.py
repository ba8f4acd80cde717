"""What a measure gives back: a check that is fine, over its limit, or not taken.

Each has ``figures`` with ``value``, ``limit`` and ``unit`` where there is a number. A check that is over is a warning:
nothing is decided by one look. One that was not taken is a note, and decides nothing at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from cutover.journal.check import Check
from cutover.observing.kinds import KINDS, Kind

State = Literal["fine", "over", "unknown"]


def judged(
    kind: Kind,
    value: float,
    limit: float,
    text: str,
    *,
    unit: str,
    about: str | None = None,
    figures: Mapping[str, Any] | None = None,
) -> Check:
    """Return the check of a number that should not be above its limit."""
    told = {"value": round(value, 4), "limit": limit, "unit": unit, **(figures or {})}
    return Check(kind, KINDS[kind].name, value <= limit, "warning", text, told, about)


def found(
    kind: Kind, ok: bool, text: str, *, about: str | None = None, figures: Mapping[str, Any] | None = None
) -> Check:
    """Return the check of something that is as it should be, or is not."""
    return Check(kind, KINDS[kind].name, ok, "warning", text, dict(figures or {}), about)


def untaken(kind: Kind, why: str, *, about: str | None = None) -> Check:
    """Return the check that could not be made."""
    return Check(kind, KINDS[kind].name, False, "info", why, {}, about)


def state(check: Check) -> State:
    """Tell how a check came out."""
    if check.ok:
        return "fine"
    return "unknown" if check.severity == "info" else "over"
