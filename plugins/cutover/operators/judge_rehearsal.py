"""The last word of a rehearsal."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from cutover.connections import Resolver
from cutover.errors import CutoverError
from cutover.journal.records import Rehearsal
from cutover.journal.store import Journal
from cutover.operators.rehearsal_task import RehearsalOperator
from cutover.postgres.task import Work
from cutover.rehearsal import changes, figures, forecast, judging, report
from cutover.rehearsal.judging import GO
from cutover.rehearsal.verdicts import spoken
from cutover.spec.models import Migration


class NoGo(CutoverError):
    """The rehearsal has shown that the migration should not be carried out as it is."""

    code = "REH009"


class JudgeRehearsalOperator(RehearsalOperator):
    """Says go or no-go, with figures, a forecast and what has changed; a run that is no go is red.

    Runs whatever happened (``trigger_rule=ALL_DONE``), and is the DAG's only leaf.
    """

    def work(self, task: Work, journal: Journal, rehearsal: Rehearsal, resolve: Resolver, context: Context) -> Any:
        spec = Migration.from_snapshot(rehearsal.spec)
        found = figures.measure(journal, rehearsal)
        ahead = forecast.forecast(found, (rehearsal.live or {}).get("bytes"))
        verdict = judging.judge(rehearsal, spec, found, ahead)
        found["forecast"] = ahead.as_dict() if ahead else None
        found["changes"] = changes.since(self._before(journal, rehearsal), rehearsal, verdict.verdict, found)
        journal.end_rehearsal(rehearsal.rehearsal_id, verdict.verdict, verdict.reasons, found)
        for line in report.section(journal.rehearsal(rehearsal.rehearsal_id)):
            self.log.info("%s", line)
        if verdict.verdict != GO:
            what = f"{rehearsal.migration!r} is {spoken(verdict.verdict)}: {'; '.join(verdict.reasons)}"
            raise AirflowFailException(str(NoGo(what, fix="mend that; the log of this task has all figures.")))
        return {"verdict": verdict.verdict}

    def _before(self, journal: Journal, rehearsal: Rehearsal) -> Rehearsal | None:
        """Return the last rehearsal of this migration that came to a verdict."""
        known = journal.rehearsals(migration=rehearsal.migration, limit=50)
        return next(
            (one for one in known if one.verdict and one.figures and one.rehearsal_id != rehearsal.rehearsal_id), None
        )
