"""Settle where a rehearsal works: what stands for each connection, how its copies are called, what it has to hold."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping

from cutover.connections import ConnectionInfo, Resolver
from cutover.errors import ConnectionUnknown
from cutover.rehearsal.sameness import refuse_live
from cutover.rehearsal.staging import NoStaging, Place, databases, stores, where
from cutover.spec.models import Migration

LONGEST = 63


def settle(rehearsal_id: str, spec: Migration, resolve: Resolver) -> dict[str, Place]:
    """Return what stands for each connection that the migration names. Nothing is connected to.

    :raises NoStaging: a stand-in is not defined. :raises StagingIsLive: it is production itself.
    """
    wanted = [*databases(spec), *([spec.router] if spec.router else [])]
    other = {conn_id: _stand_in(spec, conn_id, resolve) for conn_id in wanted}
    real = dict(_defined(wanted, resolve))
    refuse_live(spec, real, other)
    places = {conn_id: Place(conn_id) for conn_id in stores(spec)}
    for number, conn_id in enumerate(databases(spec)):
        info = other[conn_id]
        copy = None if spec.rehearse.clone == "none" else name(rehearsal_id, number, info.dbname)
        places[conn_id] = Place(info.conn_id, copy, info.dbname)
    if spec.router:
        places[spec.router] = Place(other[spec.router].conn_id)
    return places


def name(rehearsal_id: str, number: int, dbname: str) -> str:
    """Name a copy: after what it is a copy of, and so that no other rehearsal names one like it."""
    ending = f"_rehearsal_{hashlib.sha256(rehearsal_id.encode()).hexdigest()[:8]}_{number}"
    return dbname.encode()[: LONGEST - len(ending)].decode(errors="ignore") + ending


def held(places: Mapping[str, Place], resolve: Resolver) -> list[str]:
    """Return what no other rehearsal may use at the same time: databases that are no copies, and the pooler's entry."""
    found = []
    for place in places.values():
        info = resolve(place.conn_id) if place.dbname is None else None
        if info is not None and info.kind == "postgres":
            found.append(where(info))
    return found


def _stand_in(spec: Migration, conn_id: str, resolve: Resolver) -> ConnectionInfo:
    other = spec.rehearse.stand_in(conn_id)
    try:
        return resolve(other)
    except ConnectionUnknown as error:
        raise NoStaging(
            f"nothing stands for the connection {conn_id!r} in rehearsals of {spec.name!r}: {error.what}",
            fix=f"define the connection {other!r}, or name another one: rehearse: {{staging: {{{conn_id}: ...}}}}.",
        ) from None


def _defined(conn_ids: list[str], resolve: Resolver) -> Iterator[tuple[str, ConnectionInfo]]:
    """Where staging has an Airflow of its own, production's connections are not even known."""
    for conn_id in conn_ids:
        with contextlib.suppress(ConnectionUnknown):
            yield conn_id, resolve(conn_id)
