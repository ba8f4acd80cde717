"""The first task of a rehearsal: from a migration's name to places on staging."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import psycopg
from airflow.sdk import BaseOperator, Context

from cutover.connections import Resolver
from cutover.errors import CutoverError
from cutover.journal.store import Journal
from cutover.opening import JOURNAL
from cutover.operators.airflow_connections import AirflowResolver
from cutover.operators.begin_run import refuse_unknown
from cutover.operators.explain import explained
from cutover.operators.left_over import clear_left
from cutover.postgres.connect import connect
from cutover.rehearsal import sameness
from cutover.rehearsal.settling import settle
from cutover.rehearsal.shortened import shortened
from cutover.spec.loader import load
from cutover.spec.models import Migration

FORECAST = "cutover/forecast"


class BeginRehearsalOperator(BaseOperator):
    """Writes the rehearsal down, with what stands for each connection; returns its id, and pushes ``strategy``.

    What an earlier rehearsal has left, because it was killed, is cleared first. Staging that is missing, or is
    production itself, is refused, and the rehearsal's verdict says so.

    :param migration: its name, from the form.
    :param night: the run id of the night that this is part of.
    """

    template_fields: Sequence[str] = ("migration", "night")
    ui_color = "#f3ecfa"

    def __init__(
        self, *, migration: str = "{{ params.migration }}", night: str | None = "{{ params.night }}", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.migration = migration
        self.night = night

    def execute(self, context: Context) -> str:
        """Begin; return the rehearsal's id. A retry of the same DAG run gives the same one."""
        dag_run = context["dag_run"]
        resolve = AirflowResolver()
        with explained(), Journal(resolve(JOURNAL)) as journal:
            refuse_unknown(dag_run.conf, context["dag"].params)
            journal.migrate()
            clear_left(journal, resolve, context)
            spec = load(self.migration)
            rehearsal = journal.begin_rehearsal(
                f"{spec.name}.rehearsal.{dag_run.run_after:%Y%m%dT%H%M%S}",
                migration=spec.name,
                strategy=spec.strategy,
                title=spec.title,
                spec=shortened(spec).snapshot(),
                places={},
                night=self.night or None,
                dag_run_id=dag_run.run_id,
            )
            if not rehearsal.places:
                self._settle(journal, rehearsal.rehearsal_id, spec, resolve)
            if rehearsal.live is None:
                journal.note_rehearsal(rehearsal.rehearsal_id, live={"bytes": self._size(spec, resolve)})
            context["ti"].xcom_push(key="strategy", value=spec.strategy)
        return rehearsal.rehearsal_id

    def _settle(self, journal: Journal, rehearsal_id: str, spec: Migration, resolve: Resolver) -> None:
        try:
            places = settle(rehearsal_id, spec, resolve)
            sameness.confirm(spec, places, resolve)
        except CutoverError as error:
            journal.note_rehearsal(rehearsal_id, task=self.task_id, trouble=error.what)
            raise
        stored = {conn_id: place.as_dict() for conn_id, place in places.items()}
        journal.note_rehearsal(rehearsal_id, places=stored, task=self.task_id)
        for conn_id, place in places.items():
            self.log.info("%s: %s%s", conn_id, place.conn_id, f", as the copy {place.dbname}" if place.dbname else "")

    def _size(self, spec: Migration, resolve: Resolver) -> int | None:
        """Ask production for its size, and nothing else; without it there is no forecast."""
        with contextlib.suppress(CutoverError, psycopg.Error):
            info = resolve(spec.source)
            with connect(info, application=FORECAST, statement_timeout="5s", default_transaction_read_only="on") as db:
                row = db.execute("SELECT pg_database_size(current_database())").fetchone()
                return int(row[0]) if row else None
        self.log.warning("the size of %s is not known, so there will be no forecast", spec.source)
        return None
