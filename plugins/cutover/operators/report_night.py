"""The last word of a night: one report, one message."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowException

from cutover.journal.records import Rehearsal, Run
from cutover.journal.store import Journal
from cutover.messages.errors import ChannelFailed
from cutover.messages.head import VERDICTS
from cutover.messages.outbox import Outbox
from cutover.notifications.channels import channel_for
from cutover.opening import JOURNAL
from cutover.operators.airflow_connections import AirflowResolver
from cutover.operators.explain import explained
from cutover.operators.links import base_url
from cutover.operators.telling import say
from cutover.rehearsal import nights, report

REPORT = "report.md"
NEVER = "it never began: look at the run of the DAG rehearse"


class ReportNightOperator(BaseOperator):
    """Writes the night's report into the journal and sends it: one message, and in its thread an answer a migration.

    Runs whatever happened. Slack that is away is tried again with the task's retries; after the last one the report is
    in the journal all the same, and the night is over. Returns the verdict of each migration.

    :param night: the night's run id.
    :param planned: what was to be rehearsed, as ``begin_night`` returned it.
    """

    template_fields: Sequence[str] = ("night", "planned")
    ui_color = "#f3ecfa"

    def __init__(
        self,
        *,
        night: str = "{{ ti.xcom_pull(task_ids='begin', key='night') }}",
        planned: Any = "{{ ti.xcom_pull(task_ids='begin') }}",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.night = night
        self.planned = planned

    def execute(self, context: Context) -> dict[str, str]:
        """Report; a night without any trouble and one full of no-gos both end well."""
        resolve = AirflowResolver()
        with explained(), Journal(resolve(JOURNAL)) as journal:
            run = journal.get_run(self.night)
            self._note_missing(journal)
            rehearsals = sorted(journal.rehearsals(night=self.night), key=lambda one: one.migration)
            self._keep(journal, run, rehearsals)
            threads = self._channel(run)
            self._tell(journal, run, rehearsals, alone=threads is not None and not threads.threads)
            text = report.headline(rehearsals)
            if not run.terminal:
                journal.set_state(run.run_id, "finalized", reason=text)
            self.log.info("%s", text)
            if threads is not None:
                self._send(Outbox(journal, threads, run.run_id), context)
        return {one.migration: str(one.verdict) for one in rehearsals}

    def _note_missing(self, journal: Journal) -> None:
        """Give a verdict to what was planned and never wrote itself down, or never came to one."""
        known = {one.migration: one for one in journal.rehearsals(night=self.night)}
        for item in self.planned or []:
            name = item["conf"]["migration"]
            one = known.get(name)
            if one is None:
                rehearsal_id = f"{name}.rehearsal.{self.night}"
                unknown = {"migration": name, "strategy": "unknown", "title": name, "spec": {}, "places": {}}
                journal.begin_rehearsal(rehearsal_id, night=self.night, **unknown)
                journal.note_rehearsal(rehearsal_id, cleared=True)
                journal.end_rehearsal(rehearsal_id, "not_rehearsed", [NEVER], {})
            elif one.verdict is None:
                why = list(one.troubles.values()) or ["it was broken off"]
                journal.end_rehearsal(one.rehearsal_id, "no_go", why, one.figures)

    def _keep(self, journal: Journal, run: Run, rehearsals: list[Rehearsal]) -> None:
        journal.put_document(run.run_id, REPORT, "text/markdown", report.markdown(run, rehearsals))
        body = json.dumps([one.as_dict() for one in rehearsals], indent=2)
        journal.put_document(run.run_id, "report.json", "application/json", body)

    def _tell(self, journal: Journal, run: Run, rehearsals: list[Rehearsal], *, alone: bool) -> None:
        """Put the words into the journal. Where messages have no threads, the one message has to say it all."""
        base = base_url()
        link = f"{base}/cutover/runs/{run.run_id}/documents/{REPORT}" if base else None
        left = [event.text for event in journal.events(run.run_id, kind="left")]
        left += [f"{one.migration}: {one.troubles['clean_up']}" for one in rehearsals if "clean_up" in one.troubles]
        took = (datetime.now(UTC) - run.started_at).total_seconds()
        if not journal.events(run.run_id, kind=VERDICTS):
            data = nights.told(rehearsals, took, left, link)
            journal.event(run.run_id, VERDICTS, data["headline"], data={**data, "alone": alone})
        if not alone:
            for one in rehearsals:
                say(journal, run.run_id, f"rehearsed_{one.migration}", "rehearsed", row=nights.row(one))

    def _channel(self, run: Run) -> Any:
        try:
            return channel_for(run.spec)
        except Exception as error:
            # Also a broken secrets backend.
            self.log.warning("no message of this night: %s: %s", type(error).__name__, error)
            return None

    def _send(self, outbox: Outbox, context: Context) -> None:
        ti = context["ti"]
        try:
            outbox.flush()
        except ChannelFailed as error:
            if ti.try_number <= (self.retries or 0):
                raise AirflowException(f"tried again later: {error}") from None
            self.log.warning("the report could not be sent, it is in the journal only: %s", error)
