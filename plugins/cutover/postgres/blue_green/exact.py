"""The two frozen states of a cutover, compared row by row: what was live and what went live, nothing in flight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.journal.check import Check
from cutover.postgres.blue_green import compare as comparison
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.blue_green.snapshots import Frozen
from cutover.postgres.blue_green.tables import TableMap


class Diverged(CutoverError):
    """At the moment of the cutover both sides were not equal."""

    code = "BGR063"


def compare(ctx: RunContext, tables: Sequence[TableMap], frozen: Frozen | None, *, origin: SideName) -> dict[str, Any]:
    """Compare every followed table in both snapshots, then let them go; the verdict is in the journal as well.

    :returns: ``{"tables", "rows", "row_diff", "differing": [labels]}``; empty where nothing was frozen.
    """
    if frozen is None or not frozen.ids:
        return {}
    ctx.log.info("comparing both sides as they were at the moment of the cutover")
    try:
        blue, green = (frozen.sessions[side] for side in ("blue", "green"))  # type: ignore[index]
        found = comparison.exact(ctx, blue, green, tables, origin=origin)
    finally:
        frozen.let_go()
    differing = sorted({str(check.object) for one in found for check in one.checks if check.blocks})
    figures = {
        "tables": len(found),
        "rows": sum(one.diff.rows_left for one in found if one.diff),
        "row_diff": sum(one.differing for one in found),
        "differing": differing,
    }
    text = f"{figures['rows']:,} rows of {len(found)} tables were equal at the moment of the cutover"
    if differing:
        text = f"{figures['row_diff']:,} rows differed at the moment of the cutover: {', '.join(differing[:8])}"
    ctx.journal.record_check(ctx.run_id, Check("EXACT", "moment of the cutover", not differing, "error", text, figures))
    return figures


def refuse_difference(figures: dict[str, Any]) -> None:
    """:raises Diverged: naming the tables."""
    if figures.get("differing"):
        raise Diverged(
            f"at the moment of the cutover {figures['row_diff']:,} rows differed:"
            f" {', '.join(figures['differing'][:8])}.",
            fix="roll the run back: what was written since is carried to the side that was live before.",
        )
