"""What going back to a rollback point would lose, row by row."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.operators.begin_rollback import refuse
from cutover.operators.vaults import vault_of
from cutover.postgres import last_resort

SHOWN = 20


class LookAtPointOperator(CutoverOperator):
    """Restores the point beside the live database and compares every row, while everybody works.

    Returns what :func:`cutover.postgres.last_resort.look` does, and ``markdown`` for the question.

    A run that cannot be taken back is refused before anything is restored.

    :param point: the rollback point, from the form.
    """

    template_fields: Sequence[str] = (*CutoverOperator.template_fields, "point")
    step = "look_at_point"

    def __init__(
        self, *, strategy: str, point: str = "{{ params.point }}", run_id: str = "{{ params.run }}", **kwargs: Any
    ) -> None:
        super().__init__(run_id=run_id, fail_at=None, **kwargs)
        self.strategy = strategy
        self.point = point

    def permitted(self, ctx: RunContext) -> Any:
        """Let it through: the last resort is for runs whose rollback has failed, too."""
        return contextlib.nullcontext()

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        refuse(ctx.journal.get_run(ctx.run_id), self.strategy)
        found = last_resort.look(ctx, self.point, vault_of(ctx, must=True))
        return {**found, "title": ctx.spec.title, "markdown": markdown(found)}


def markdown(found: dict[str, Any]) -> str:
    """Say what is lost, table by table."""
    lines = [
        f"Rollback point `{found['point']}` is of **{found['taken_at']}**, {found['minutes']:.1f} minutes ago.",
        "",
        f"Going back to it loses **{found['text']}**.",
        "",
    ]
    if found["tables"]:
        lines += ["| table | new rows, gone | changed, as before | deleted, there again |", "|---|---|---|---|"]
    most = sorted(found["tables"].items(), key=lambda item: -sum(int(item[1][kind]) for kind in KINDS))
    lines += [f"| {name} | {_cell(one, 'new')} | {_cell(one, 'changed')} | {_cell(one, 'deleted')} |"
              for name, one in most[:SHOWN]]  # fmt: skip
    if len(most) > SHOWN:
        lines.append(f"\n... and {len(most) - SHOWN} more tables, see the log of `look_at_point`.")
    return "\n".join([
        *lines,
        "",
        "**Approve**: the doors close, what is there now is kept in a rollback point of its own, the restored database"
        " takes its place, the doors open. What is written until the doors are closed is lost as well."
        " **Reject**: nothing has changed, nothing will.",
    ])  # fmt: skip


KINDS = ("new", "changed", "deleted")


def _cell(one: dict[str, Any], kind: str) -> str:
    return f"{'at least ' if one['at_least'] and one[kind] else ''}{one[kind]:,}"
