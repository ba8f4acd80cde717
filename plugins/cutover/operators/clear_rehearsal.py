"""Remove whatever a rehearsal has made."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.connections import Resolver
from cutover.journal.records import Rehearsal
from cutover.journal.store import Journal
from cutover.operators.rehearsal_task import RehearsalOperator
from cutover.operators.stores import open_store
from cutover.postgres.task import Work
from cutover.rehearsal.clearing import clear


class ClearRehearsalOperator(RehearsalOperator):
    """Drops copies, subscriptions, slots and rollback points, and leads staging's pooler back. Idempotent."""

    def work(self, task: Work, journal: Journal, rehearsal: Rehearsal, resolve: Resolver, context: Context) -> Any:
        return clear(task, journal, rehearsal, resolve, open_store=open_store)
