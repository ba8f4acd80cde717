"""The last word of a sign-off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from cutover.approvals.signing import signatures
from cutover.operators.explain import explained
from cutover.operators.in_window import WINDOW
from cutover.operators.opening import open_context
from cutover.operators.telling import courier, say

SIGNED = "signed_off"


class ConcludeSignOffOperator(BaseOperator):
    """Says that all have signed; or fails and names those who object or have not answered.

    Runs whatever happened (``trigger_rule=ALL_DONE``) and is the DAG's only leaf. A run that has left its window needs
    no signature any more.

    :param run: the run, from the form.
    """

    template_fields: Sequence[str] = ("run",)
    ui_color = "#e8f1fa"

    def __init__(self, *, run: str = "{{ params.run }}", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run = run

    def execute(self, context: Context) -> str:
        """Return how it ended. :raises AirflowFailException: not everybody has signed."""
        with explained(), open_context(self.run) as ctx, courier(ctx):
            run = ctx.journal.get_run(ctx.run_id)
            standing = signatures(run, ctx.journal.events(ctx.run_id))
            text = "; ".join(each.text for each in standing)
            if run.state != WINDOW:
                return f"the run is {run.standing}: nobody has to sign it off any more. {text}"
            if not standing or any(each.state != "signed" for each in standing):
                again = "To ask those again who have not signed, trigger this DAG once more with the run."
                raise AirflowFailException(f"run {run.run_id} is not signed off. {text}. {again}")
            if not ctx.journal.events(ctx.run_id, kind=SIGNED):
                ctx.journal.event(ctx.run_id, SIGNED, f"signed off: {text}")
                signed = [{"role": each.role, "who": each.who, "words": each.words} for each in standing]
                say(ctx.journal, ctx.run_id, SIGNED, signatures=signed)
            return text
