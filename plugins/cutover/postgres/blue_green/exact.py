"""The two frozen states of a cutover, compared: what was live then and what is live now, without a write in flight."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psycopg

from cutover.context import RunContext
from cutover.errors import Cancelled, CutoverError
from cutover.journal.check import Check
from cutover.postgres.blue_green import compare as comparing
from cutover.postgres.blue_green.compare import Compared
from cutover.postgres.blue_green.names import SideName, other
from cutover.postgres.blue_green.snapshots import Frozen
from cutover.postgres.blue_green.tables import TableMap


def compare(ctx: RunContext, tables: Sequence[TableMap], frozen: Frozen | None) -> dict[str, Any]:
    """Compare every followed table in both snapshots, row by row, and let the snapshots go.

    The verdicts are in the journal as ``ROW_COUNT_FROZEN``, ``ROW_DIFF_FROZEN`` and ``ROW_MULTISET_FROZEN``. Live has
    changed sides by now: that a side cannot be asked any more is a verdict as well, not an error.

    :returns: ``{"rows", "row_diff", "tables": {label: what differs}, "seconds"}``; ``row_diff`` is None where it is not
        known. Empty without snapshots.
    """
    if frozen is None or not frozen.ids:
        return {}
    began = time.monotonic()
    origin: SideName = next(iter(frozen.sessions))
    try:
        found = comparing.exact(ctx, frozen.sessions["blue"], frozen.sessions["green"], tables, origin=origin)
    except Cancelled:
        raise
    except (CutoverError, psycopg.Error) as error:
        return {"rows": None, "row_diff": None, "tables": {}, "seconds": 0.0, "error": _unknown(ctx, error, origin)}
    finally:
        frozen.let_go()
    for check in (check for one in found for check in one.checks):
        ctx.journal.record_check(ctx.run_id, _named(check, origin))
    return {
        "rows": sum(_rows(one) for one in found),
        "row_diff": sum(one.differing for one in found),
        "tables": {check.object: check.summary for one in found for check in one.checks if check.blocks},
        "seconds": round(time.monotonic() - began, 3),
    }


def _named(check: Check, origin: SideName) -> Check:
    return replace(check, code=f"{check.code}_FROZEN", name=f"{check.name} when {other(origin)} went live")


def _rows(one: Compared) -> int:
    figures = one.checks[0].figures
    return int(figures.get("left", figures.get("rows_left", 0)))


def _unknown(ctx: RunContext, error: Exception, origin: SideName) -> str:
    reason = str(error).strip().splitlines()[0]
    text = f"the frozen states could not be compared: {reason}"
    ctx.log.warning("%s", text)
    check = Check("ROW_DIFF", "row diff", False, "warning", text)
    ctx.journal.record_check(ctx.run_id, _named(check, origin))
    return reason
