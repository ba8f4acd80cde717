"""What stands for a migration's connections in a rehearsal: nothing of production is ever reached by its steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from cutover.connections import ConnectionInfo, Resolver
from cutover.errors import CutoverError
from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.spec.models import Migration


class NoStaging(CutoverError):
    """A connection of the migration has nothing that stands for it in a rehearsal."""

    code = "REH001"


class StagingIsLive(CutoverError):
    """What stands for a connection in a rehearsal is the very thing that the migration is about."""

    code = "REH002"


@dataclass(frozen=True, slots=True)
class Place:
    """What stands for one connection.

    :param conn_id: the connection that is asked instead.
    :param dbname: the database on its server, where that is a copy made for this rehearsal; None: the connection's own.
    :param template: the database that it is a copy of.
    :param led: of a router: where its clients were led before.
    """

    conn_id: str
    dbname: str | None = None
    template: str | None = None
    led: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def places_of(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Place]:
    """Read places as the journal keeps them."""
    return {conn_id: Place(**place) for conn_id, place in stored.items()}


def staged(resolve: Resolver, places: Mapping[str, Place]) -> Resolver:
    """Return a resolver that knows the rehearsal's places, and nothing else."""

    def resolved(conn_id: str) -> ConnectionInfo:
        place = places.get(conn_id)
        if place is None:
            raise NoStaging(
                f"the rehearsal asks for the connection {conn_id!r}, and nothing stands for it.",
                fix=f"rehearse: {{staging: {{{conn_id}: <connection id>}}}} in the migration's spec.",
            )
        info = resolve(place.conn_id)
        return replace(info, dbname=place.dbname) if place.dbname else info

    return resolved


def resolver_of(run: Run, journal: Journal, resolve: Resolver) -> Resolver:
    """Return how a run's connections are resolved: as they are, or replaced where it is a rehearsal."""
    if not run.rehearsal_of:
        return resolve
    return staged(resolve, places_of(journal.rehearsal(run.rehearsal_of).places))


def asked(run: Run, journal: Journal, conn_ids: Iterable[str]) -> list[str]:
    """Return the connections that have to be asked for, so that :func:`resolver_of` can answer for ``conn_ids``."""
    if not run.rehearsal_of:
        return list(conn_ids)
    places = places_of(journal.rehearsal(run.rehearsal_of).places)
    return [places[conn_id].conn_id if conn_id in places else conn_id for conn_id in conn_ids]


def databases(spec: Migration) -> list[str]:
    """Return the connection ids of a migration that lead to databases, each once."""
    return list(dict.fromkeys(each for each in (spec.source, spec.target, spec.flags.store) if each))


def stores(spec: Migration) -> list[str]:
    """Return those that a rehearsal uses as they are: rollback points of copies have names of their own."""
    found = []
    if spec.strategy == "stop_the_world" or spec.backup.take or spec.rehearse.clone == "point":
        found += [spec.backup.store, spec.backup.key]
    return [*found, spec.rollback.archive] if spec.target else found


def where(info: ConnectionInfo) -> str:
    """Name a database, or a pooler's entry, as it is held and compared."""
    entry = info.settings.get("database")
    return f"{info.host}:{info.port}/{info.dbname}" + (f"#{entry}" if entry else "")
