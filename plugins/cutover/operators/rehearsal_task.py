"""What every task of a rehearsal has in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from cutover.connections import Resolver
from cutover.errors import CutoverError
from cutover.journal.records import Rehearsal
from cutover.journal.store import Journal
from cutover.opening import JOURNAL
from cutover.operators.airflow_connections import AirflowResolver
from cutover.operators.cancelling import Cancelling
from cutover.operators.explain import explained
from cutover.postgres.task import Work

REHEARSAL = "{{ ti.xcom_pull(task_ids='begin') }}"


class RehearsalOperator(Cancelling, BaseOperator):
    """One task of a rehearsal: what goes wrong in it is one of the verdict's reasons, unless a later attempt went well.

    :param rehearsal: its id; by default what the task ``begin`` returned.
    """

    template_fields: Sequence[str] = ("rehearsal",)
    ui_color = "#f3ecfa"

    def __init__(self, *, rehearsal: str = REHEARSAL, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rehearsal = rehearsal

    def work(self, task: Work, journal: Journal, rehearsal: Rehearsal, resolve: Resolver, context: Context) -> Any:
        """Do it; what is returned becomes the task's XCom.

        :param resolve: of connections as they are defined; see :mod:`cutover.rehearsal.staging` for what may be asked.
        """
        raise NotImplementedError

    def execute(self, context: Context) -> Any:
        """Do it once."""
        if not isinstance(self.rehearsal, str) or not self.rehearsal:
            raise AirflowFailException(
                "no rehearsal began, and nothing was made: the task `begin` says in its log why."
            )
        resolve = AirflowResolver()
        with explained(), Journal(resolve(JOURNAL)) as journal:
            rehearsal = journal.rehearsal(self.rehearsal)
            task = Work(f"rehearsal/{rehearsal.rehearsal_id}", self.log, self.cancel_token())  # type: ignore[arg-type]
            try:
                result = self.work(task, journal, rehearsal, resolve, context)
            except (CutoverError, psycopg.Error) as error:
                what = str(getattr(error, "what", error)).strip().splitlines()[0]
                journal.note_rehearsal(self.rehearsal, task=self.task_id, trouble=f"{self.task_id}: {what}")
                raise
            journal.note_rehearsal(self.rehearsal, task=self.task_id)
            return result
