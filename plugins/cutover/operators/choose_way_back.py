"""The fork of a rollback: the strategy's own way back, or its last resort."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseBranchOperator, Context


class ChooseWayBackOperator(BaseBranchOperator):
    """Goes the strategy's own way back, which loses nothing; or to a rollback point, where the form names one.

    :param own: the task that begins the strategy's own way back. :param last_resort: the first one of the other.
    :param point: the rollback point, from the form.
    """

    template_fields: Sequence[str] = ("point",)
    ui_color = "#fde8e8"

    def __init__(
        self,
        *,
        own: str,
        last_resort: str,
        point: str | None = "{{ params.point }}",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.own = own
        self.last_resort = last_resort
        self.point = point

    def choose_branch(self, context: Context) -> str:
        """Return the task that goes on."""
        if self.point in (None, "", "None"):
            return self.own
        self.log.warning("to rollback point %s: whatever was written since then is going to be lost", self.point)
        return self.last_resort
