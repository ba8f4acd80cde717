"""Make the databases that a rehearsal works on."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from airflow.sdk import Context

from cutover.connections import Resolver
from cutover.errors import ConnectionUnknown
from cutover.journal.records import Rehearsal
from cutover.journal.store import Journal
from cutover.operators.rehearsal_task import RehearsalOperator
from cutover.operators.stores import open_store
from cutover.postgres.backup import Vault, open_vault
from cutover.postgres.task import Work
from cutover.rehearsal import cloning, likeness
from cutover.rehearsal.staging import Place, places_of, staged
from cutover.routing import Place as RoutedPlace
from cutover.routing import open_router
from cutover.spec.models import Migration


class MakeClonesOperator(RehearsalOperator):
    """Copies staging, takes sensitive data out, leads staging's pooler to the copy, and remembers what is in it."""

    def work(self, task: Work, journal: Journal, rehearsal: Rehearsal, resolve: Resolver, context: Context) -> Any:
        spec, places = Migration.from_snapshot(rehearsal.spec), places_of(rehearsal.places)
        places = self._remember_way(journal, rehearsal, spec, places, resolve)
        vault = self._vault(spec, resolve)
        live = _dbname(spec.source, resolve) if vault else None
        made = cloning.make(task, spec, places, resolve, vault=vault, live=live)
        there = staged(resolve, places)
        if spec.router:
            router = open_router(there(spec.router))
            try:
                router.point(RoutedPlace.of(there(spec.source)))
            finally:
                router.close()
        before: dict[str, Any] = {"copies": made["databases"], "masked": made["masked"]}
        if spec.rehearse.compare:
            sides = [each for each in (spec.source, spec.target) if each]
            before["likeness"] = {conn_id: likeness.take(task, there(conn_id)) for conn_id in sides}
        journal.note_rehearsal(rehearsal.rehearsal_id, before=before)
        return made

    def _remember_way(
        self, journal: Journal, rehearsal: Rehearsal, spec: Migration, places: dict[str, Place], resolve: Resolver
    ) -> dict[str, Place]:
        """Write down where staging's pooler leads, before it is led anywhere else."""
        if not spec.router or places[spec.router].led:
            return places
        router = open_router(resolve(places[spec.router].conn_id))
        try:
            led = asdict(router.where())
        finally:
            router.close()
        places = {**places, spec.router: replace(places[spec.router], led=led)}
        stored = {conn_id: place.as_dict() for conn_id, place in places.items()}
        journal.note_rehearsal(rehearsal.rehearsal_id, places=stored)
        return places

    def _vault(self, spec: Migration, resolve: Resolver) -> Vault | None:
        if spec.rehearse.clone != "point":
            return None
        return open_vault(resolve, spec.backup.store, spec.backup.key, open_store)


def _dbname(conn_id: str, resolve: Resolver) -> str | None:
    """Return what the real database is called: its rollback points are listed under that name."""
    try:
        return resolve(conn_id).dbname
    except ConnectionUnknown:
        return None
