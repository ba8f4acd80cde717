"""Make the announcements that are due by the clock, and those that a run's own steps could not make."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, Context

from cutover.messages.announcements.turn import take_turn
from cutover.notifications.channels import channel_of
from cutover.operators.explain import explained
from cutover.operators.opening import open_journal
from cutover.spec.loader import load_all


class AnnounceOperator(BaseOperator):
    """One turn over all migrations that are planned and all runs; returns ``{"sent", "troubles"}``.

    A channel that is down, or a text that cannot be filled, is logged and does not fail the task: the next turn tries
    again. A spec that cannot be read is left out, and nobody is told that it was called off because of that.
    """

    ui_color = "#fff3d6"

    def execute(self, context: Context) -> dict[str, Any]:
        """Send what is due. :raises JournalUnavailable: nobody can tell what that is."""
        good, bad = load_all()
        for name in sorted(bad):
            self.log.warning("no announcements for %s: its spec has errors", name)
        with explained(), open_journal() as journal:
            journal.migrate()
            turn = take_turn(journal, good.values(), channel_of)
        self.log.info("%d announcements sent, %d had to wait", len(turn.sent), len(turn.troubles))
        return turn.as_dict()
