"""Build: green with blue's schema and the migration's SQL, and blue ready to be followed."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.postgres.blue_green.steps.build import build as build_green
from cutover.postgres.dual_pair.leading import green_is_live


def build(ctx: RunContext) -> dict[str, Any]:
    """Make green and publish blue; a run whose applications write green already is left there.

    :returns: see :func:`cutover.postgres.blue_green.steps.build.build`; ``{"already": True}``.
    """
    return {"already": True} if green_is_live(ctx) else build_green(ctx)
