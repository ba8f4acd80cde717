"""Look at everything that migrations need."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, Context

from cutover.errors import CutoverError
from cutover.health import look
from cutover.operators.airflow_connections import AirflowResolver
from cutover.operators.explain import explained
from cutover.operators.stores import open_store


class NotHealthy(CutoverError):
    """Something that migrations need is down."""

    code = "OPR031"


class HealthCheckOperator(BaseOperator):
    """One look at databases, routers, the journal and stores of backups; red where one is down, or, strictly, unwell.

    Returns ``{"ok", "well", "checks"}``.

    :param strict: whether warnings count, too.
    """

    template_fields = ("strict",)
    ui_color = "#e6f4ea"

    def __init__(self, *, strict: bool | str = "{{ params.strict }}", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.strict = strict

    def execute(self, context: Context) -> dict[str, Any]:
        """:raises NotHealthy: naming what is down."""
        with explained():
            found = look(AirflowResolver(), open_store)
            for check in found.checks:
                say = self.log.info if check.ok else self.log.error if check.blocks else self.log.warning
                say("%s %s: %s", check.object or "", check.name, check.summary)
            strict = str(self.strict).lower() == "true"
            wrong = [each for each in found.checks if each.blocks or (strict and not each.ok)]
            if wrong:
                told = "; ".join(f"{each.object}: {each.summary}" for each in wrong[:5])
                raise NotHealthy(f"{len(wrong)} things are not as they should be: {told}.", fix="see the log for all.")
        return found.as_dict()
