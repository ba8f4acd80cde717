"""One look at a run in its window."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from cutover.context import RunContext
from cutover.journal.records import standing
from cutover.observing import clock, judge, looks, telling, words
from cutover.operators.cancelling import Cancelling
from cutover.operators.explain import explained
from cutover.operators.opening import open_context
from cutover.operators.telling import courier, say
from cutover.operators.withdrawal import RunWithdrawn, unless_withdrawn


class ObserveOperator(Cancelling, BaseOperator):
    """Takes all measures once, writes them down, and tells people what has been over its limit for long enough.

    Nothing is decided here: that is for whoever reads the journal next. A run that is taken back or finalized meanwhile
    is left alone at once.

    :param run_id: the run.
    """

    template_fields: Sequence[str] = ("run_id",)
    ui_color = "#e6f4ea"

    def __init__(self, *, run_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_id = run_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Return ``{"over": [what is], "seconds": s}``."""
        with explained(), open_context(self.run_id, self.cancel_token()) as ctx, courier(ctx):
            _refuse_closed(ctx)
            try:
                with unless_withdrawn(ctx):
                    return self._look(ctx)
            except (RunWithdrawn, AirflowFailException):
                _refuse_closed(ctx)
                raise

    def _look(self, ctx: RunContext) -> dict[str, Any]:
        from cutover.observing.looking import look  # brings every engine along, which parsing a DAG has no use for

        rules = ctx.spec.observe
        earlier = looks.read(ctx.journal, ctx.run_id, rules)
        found = look(ctx, earlier, counting=looks.counting(earlier, rules, clock.now()))
        for check in found.checks:
            level = logging.INFO if check.ok or check.severity == "info" else logging.WARNING
            self.log.log(level, "%s: %s", words.named(check), check.summary)
        _refuse_closed(ctx)
        looks.keep(ctx.journal, ctx.run_id, found)
        judgement = judge([*earlier, found], rules, clock.now(), automatic=ctx.spec.rollback.automatic)
        telling.tell(ctx.journal, ctx.journal.get_run(ctx.run_id), ctx.spec, judgement, say)
        over = [f"{words.named(check)}: {check.summary}" for check in found.over]
        return {"over": over, "seconds": round(found.seconds, 3)}


def _refuse_closed(ctx: RunContext) -> None:
    """:raises AirflowSkipException: the run's window was closed since somebody found it open."""
    state = ctx.journal.get_run(ctx.run_id).state
    if state != "window":
        raise AirflowSkipException(f"run {ctx.run_id} is {standing(state)}: it is not observed any more")
