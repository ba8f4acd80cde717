"""The first task of a night: clear up after earlier ones, and choose what is rehearsed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context

from cutover.journal.records import TERMINAL, Run, new_run_id
from cutover.journal.store import Journal
from cutover.opening import JOURNAL
from cutover.operators.airflow_connections import AirflowResolver
from cutover.operators.begin_run import refuse_unknown
from cutover.operators.explain import explained
from cutover.operators.left_over import clear_left
from cutover.operators.links import dag_run_url
from cutover.rehearsal.choosing import Candidate, candidates
from cutover.rehearsal.nights import DAG, STRATEGY, TITLE
from cutover.spec.loader import load_all


class BeginNightOperator(BaseOperator):
    """Begins the night's run in the journal; returns one ``{"conf", "trigger_run_id"}`` for each rehearsal to be run.

    What earlier nights have left is cleared first. A migration that is settled without a rehearsal (its spec cannot be
    used, or says that it shall not be rehearsed) gets its verdict here. Pushes the night's run id as XCom ``night``.

    :param channel: where the report goes in Slack; by default the connection's own.
    :param only: names of the migrations that are wanted; by default all that are planned.
    """

    template_fields: Sequence[str] = ("channel", "only")
    ui_color = "#f3ecfa"

    def __init__(
        self, *, channel: str | None = "{{ params.channel }}", only: Any = "{{ params.only }}", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.channel = channel
        self.only = only

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Return what the next task triggers."""
        resolve = AirflowResolver()
        with explained(), Journal(resolve(JOURNAL)) as journal:
            refuse_unknown(context["dag_run"].conf, context["dag"].params)
            journal.migrate()
            left = clear_left(journal, resolve, context)
            night = self._night(journal, context)
            for text in left:
                journal.event(night.run_id, "left", text)
            chosen = [self._settled(journal, night, one) for one in candidates(*load_all(), journal, self.only)]
        context["ti"].xcom_push(key="night", value=night.run_id)
        found = [
            {
                "conf": {"migration": one.name, "night": night.run_id},
                "trigger_run_id": f"{one.name}.{night.run_id}",
            }
            for one in chosen
            if one.verdict is None
        ]
        self.log.info("%d migrations are rehearsed tonight", len(found))
        return found

    def _night(self, journal: Journal, context: Context) -> Run:
        """Begin tonight's run, and end what an earlier night has not ended."""
        dag_run = context["dag_run"]
        run_id = new_run_id(DAG, dag_run.run_after)
        for run in journal.runs(strategy=STRATEGY, limit=50):
            if run.state not in TERMINAL and run.run_id != run_id:
                journal.set_state(run.run_id, "aborted", reason="the night was broken off")
        night = journal.begin_run(
            run_id,
            migration=DAG,
            strategy=STRATEGY,
            database=DAG,
            title=TITLE,
            spec={"announce": {"channel": self.channel or None}},
            dag_id=dag_run.dag_id,
            dag_run_id=dag_run.run_id,
            triggered_by=dag_run.triggering_user_name or dag_run.run_type.value,
            dry_run=True,
        )
        if not journal.events(run_id, kind="link"):
            url = dag_run_url(dag_run.dag_id, dag_run.run_id)
            journal.event(run_id, "link", url or "no address: [api] base_url is not set", data={"url": url})
        journal.set_state(run_id, "verifying")
        return night

    def _settled(self, journal: Journal, night: Run, one: Candidate) -> Candidate:
        """Write the verdict of a migration that is not rehearsed down."""
        if one.verdict is not None:
            rehearsal_id = f"{one.name}.rehearsal.{night.run_id}"
            known = {"migration": one.name, "strategy": one.strategy, "title": one.title}
            journal.begin_rehearsal(rehearsal_id, **known, spec={}, places={}, night=night.run_id)
            journal.end_rehearsal(rehearsal_id, one.verdict, [str(one.why)], {})
            journal.note_rehearsal(rehearsal_id, cleared=True)
            self.log.warning("%s: %s", one.name, one.why)
        return one
