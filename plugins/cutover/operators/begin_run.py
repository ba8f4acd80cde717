"""The first task of every strategy: from the trigger form to a run in the journal."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context

from cutover.connections import ConnectionInfo, Resolver
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.journal.records import Run, new_run_id
from cutover.journal.store import Journal
from cutover.opening import JOURNAL
from cutover.operators.airflow_connections import AirflowResolver
from cutover.operators.explain import explained
from cutover.operators.links import dag_run_url, runbook_url
from cutover.operators.telling import courier, say
from cutover.rehearsal.staging import places_of, staged
from cutover.spec.loader import load
from cutover.spec.models import Migration


class ConfRefused(CutoverError):
    """The run was triggered with something that its DAG does not know."""

    code = "OPR005"


class WrongStrategy(CutoverError):
    """The migration is meant for another DAG."""

    code = "OPR006"


class BeginRunOperator(BaseOperator):
    """Loads the migration, takes the database for this run, and returns the run's id.

    Refuses unknown keys of the trigger's conf, a migration of another strategy, and a database on which another run is
    active (which it names). Nothing has been touched by then. The same DAG run always gets the same run, so a
    retry goes on where it was.

    :param strategy: the strategy that the DAG carries out.
    :param migration: name of the migration, from the form.
    :param rehearsal: id of the rehearsal that this run is part of; it then works on staging, by the rehearsal's spec.
    """

    template_fields: Sequence[str] = ("migration", "rehearsal")
    ui_color = "#e8f1fa"

    def __init__(
        self,
        *,
        strategy: str,
        migration: str = "{{ params.migration }}",
        rehearsal: str | None = "{{ params.rehearsal }}",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.strategy = strategy
        self.migration = migration
        self.rehearsal = rehearsal

    def execute(self, context: Context) -> str:
        """Begin the run; return its id."""
        with explained():
            refuse_unknown(context["dag_run"].conf, context["dag"].params)
            resolve: Resolver = AirflowResolver()
            with Journal(resolve(JOURNAL)) as journal:
                journal.migrate()
                spec, resolve = self._asked_for(journal, resolve)
                run = self._begin(journal, spec, resolve(spec.source), context)
                self._first_words(journal, run, context)
                with courier(RunContext(run.run_id, spec, journal, resolve)):
                    self.log.info("run %s of %s began: %s", run.run_id, spec.name, spec.title)
        return run.run_id

    def _asked_for(self, journal: Journal, resolve: Resolver) -> tuple[Migration, Resolver]:
        """Return what shall be carried out, and how its connections are found: a rehearsal knows both itself."""
        if self.rehearsal:
            rehearsal = journal.rehearsal(self.rehearsal)
            spec = Migration.from_snapshot(rehearsal.spec)
            resolve = staged(resolve, places_of(rehearsal.places))
        else:
            spec = load(self.migration)
        if spec.strategy != self.strategy:
            raise WrongStrategy(
                f"migration {spec.name!r} is for the strategy {spec.strategy!r}, not {self.strategy!r}.",
                fix=f"trigger the DAG {spec.strategy!r}.",
            )
        return spec, resolve

    def _begin(self, journal: Journal, spec: Migration, source: ConnectionInfo, context: Context) -> Run:
        dag_run = context["dag_run"]
        return journal.begin_run(
            # From the DAG run, not from the clock: a retry must find the run that the first attempt began.
            new_run_id(spec.name, dag_run.run_after),
            migration=spec.name,
            strategy=spec.strategy,
            # What is locked is the database, by whatever connection id somebody reaches it.
            database=f"{source.host}:{source.port}/{source.dbname}",
            title=spec.title,
            spec=spec.snapshot(),
            dag_id=dag_run.dag_id,
            dag_run_id=dag_run.run_id,
            triggered_by=dag_run.triggering_user_name or dag_run.run_type.value,
            dry_run=bool(self.rehearsal),
            rehearsal_of=self.rehearsal or None,
        )

    def _first_words(self, journal: Journal, run: Run, context: Context) -> None:
        """Write down, once, where the run is to be seen and what its form asked for."""
        if journal.events(run.run_id, kind="link"):
            return
        params = context["params"]
        url = dag_run_url(run.dag_id or "", run.dag_run_id or "")
        places = {"url": url, "runbook": runbook_url(run.run_id)}
        speed = {name: params.get(name) for name in ("batch_rows", "workers", "pause_seconds")}
        asked = {name: value for name, value in speed.items() if value is not None}
        if asked:
            journal.set_control(run.run_id, run.triggered_by or "airflow", **asked)
        say(journal, run.run_id, "started", note=params.get("note"))
        journal.event(run.run_id, "link", url or "no address: [api] base_url is not set", data=places)


def refuse_unknown(conf: Mapping[str, Any] | None, params: Mapping[str, Any]) -> None:
    """:raises ConfRefused: Airflow takes any key; one that is misspelt would be ignored without a word."""
    unknown = sorted(set(conf or {}) - set(params) - {"openlineage"})
    if not unknown:
        return
    near = difflib.get_close_matches(unknown[0], list(params), n=1)
    fix = f"did you mean {near[0]!r}? " if near else ""
    raise ConfRefused(
        f"the trigger's configuration has {', '.join(map(repr, unknown))}, which this DAG does not know.",
        fix=f"{fix}It takes: {', '.join(sorted(params))}.",
    )
