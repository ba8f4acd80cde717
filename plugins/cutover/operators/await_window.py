"""Wait for the window that was announced."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import BaseOperator, Context

from cutover.operators.base import RUN_ID
from cutover.operators.explain import explained
from cutover.operators.opening import open_context
from cutover.operators.withdrawal import unless_withdrawn


class AwaitWindowOperator(BaseOperator):
    """Waits, without a worker slot, until the migration's ``announce.window_start``; goes on at once where it is past.

    :param at_once: do not wait; from the trigger form.
    """

    template_fields: Sequence[str] = ("run_id", "at_once")
    ui_color = "#fff3d6"

    def __init__(self, *, run_id: str = RUN_ID, at_once: bool | str = "{{ params.at_once }}", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_id = run_id
        self.at_once = at_once

    def execute(self, context: Context) -> str | None:
        """Return when the window was to begin; None without a date."""
        with explained(), open_context(self.run_id) as ctx, unless_withdrawn(ctx):
            begins = ctx.spec.announce.window_start
        if begins is None:
            return None
        if begins <= datetime.now(UTC) or str(self.at_once).lower() == "true":
            return begins.isoformat()
        self.log.info("the window begins at %s", begins.isoformat())
        return self.defer(trigger=DateTimeTrigger(moment=begins), method_name="begun")

    def begun(self, context: Context, event: Any = None) -> str | None:
        """Go on, unless the run was taken back meanwhile."""
        return self.execute(context)
