"""Keep what a verification found: the verdicts in the journal, and the report for people and for machines with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cutover.journal.check import Check
from cutover.postgres.rowdiff import RowDiff
from cutover.validation.report.as_html import render_html
from cutover.validation.report.as_json import render_json

if TYPE_CHECKING:
    from cutover.context import RunContext


def keep(ctx: RunContext, checks: Sequence[Check], diffs: Mapping[str, RowDiff], *, sides: tuple[str, str]) -> None:
    """Record the checks, and put the documents ``report.html`` and ``report.json`` into the run.

    :param diffs: row diffs by the name of their table.
    :param sides: what the left and the right side of the diffs are called.
    """
    for check in checks:
        ctx.journal.record_check(ctx.run_id, check)
    # The journal knows the database by its address; people know it by its connection id.
    run = {**ctx.journal.get_run(ctx.run_id).as_dict(), "database": ctx.spec.source}
    title = f"{ctx.spec.title}: {ctx.run_id}"
    html = render_html(title, run, checks, diffs, sides=sides)
    ctx.journal.put_document(ctx.run_id, "report.html", "text/html", html)
    ctx.journal.put_document(ctx.run_id, "report.json", "application/json", render_json(title, run, checks, diffs))
