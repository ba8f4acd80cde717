"""See whether everything is as it was, once a rehearsal has gone back."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.connections import Resolver
from cutover.errors import CutoverError
from cutover.journal.records import Rehearsal
from cutover.journal.store import Journal
from cutover.operators.rehearsal_task import RehearsalOperator
from cutover.postgres.task import Work
from cutover.rehearsal import likeness
from cutover.rehearsal.staging import places_of, staged

SHOWN = 5


class NotAsBefore(CutoverError):
    """A rollback has not brought everything back."""

    code = "REH008"


class CompareRehearsalOperator(RehearsalOperator):
    """Compares schema, every row and every sequence with what was there before anything was migrated."""

    def work(self, task: Work, journal: Journal, rehearsal: Rehearsal, resolve: Resolver, context: Context) -> Any:
        seen = (rehearsal.before or {}).get("likeness") or {}
        there = staged(resolve, places_of(rehearsal.places))
        found = [
            f"{conn_id}: {each}"
            for conn_id, before in seen.items()
            for each in likeness.differences(before, likeness.take(task, there(conn_id)))
        ]
        for each in found:
            self.log.error("not as before: %s", each)
        if found:
            more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
            raise NotAsBefore(
                f"not as before, once it was rolled back: {'; '.join(found[:SHOWN])}{more}.",
                fix="the log has all differences; what the migration adds by schema.up, schema.down has to take away.",
            )
        return {"compared": {conn_id: sum(row[0] for row in one["rows"].values()) for conn_id, one in seen.items()}}
