"""Whether what stands for production is production itself under another name: a rehearsal would migrate it."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Mapping

import psycopg

from cutover import sqlfiles
from cutover.connections import ConnectionInfo, Resolver
from cutover.errors import ConnectionUnknown, CutoverError
from cutover.postgres.connect import connect
from cutover.rehearsal.staging import Place, StagingIsLive, databases, where
from cutover.spec.models import Migration

ASKS = "cutover/rehearsal"
LOCAL = "loopback"


def refuse_live(spec: Migration, real: Mapping[str, ConnectionInfo], other: Mapping[str, ConnectionInfo]) -> None:
    """Look at the addresses: nothing is connected to.

    :param real, other: the connections of the spec and what stands for them, by the spec's id.
    :raises StagingIsLive: naming the two.
    """
    for conn_id, info in other.items():
        for live_id, live in real.items():
            if alike(info, live):
                raise _is_live(spec, conn_id, info, live_id)


def confirm(spec: Migration, places: Mapping[str, Place], resolve: Resolver) -> None:
    """Ask the servers, which know it where addresses do not show it: behind a proxy, say. Who is away says nothing.

    :raises StagingIsLive: naming the two.
    """
    real = {conn_id: identity(conn_id, resolve) for conn_id in databases(spec)}
    for conn_id in databases(spec):
        found = identity(places[conn_id].conn_id, resolve)
        for live_id, live in real.items():
            if found is not None and found == live:
                raise _is_live(spec, conn_id, resolve(places[conn_id].conn_id), live_id)


def alike(one: ConnectionInfo, other: ConnectionInfo) -> bool:
    """Whether two connections lead to the same database, or the same entry of a pooler, by name or by address."""
    if where(one) == where(other):
        return True
    entries = [(each.port, each.dbname, each.settings.get("database")) for each in (one, other)]
    return entries[0] == entries[1] and bool(addresses(one.host) & addresses(other.host))


def addresses(host: str) -> frozenset[str]:
    """Return the addresses behind a host, or several with commas between; none that cannot be found out."""
    found = set()
    for each in host.split(","):
        if each.startswith("/"):  # the folder of a Unix socket
            found.add(LOCAL)
            continue
        with contextlib.suppress(OSError, UnicodeError):
            found |= {str(entry[4][0]) for entry in socket.getaddrinfo(each.strip(), None)}
    return frozenset(LOCAL if _local(address) else address for address in found)


def identity(conn_id: str, resolve: Resolver) -> tuple[str, str] | None:
    """Return which database of which running server that is; None where nobody answers, or it is not defined."""
    with contextlib.suppress(ConnectionUnknown, CutoverError, psycopg.Error):
        info = resolve(conn_id)
        with connect(info, application=ASKS, statement_timeout="5s", default_transaction_read_only="on") as db:
            row = db.execute(sqlfiles.text("rehearsal/identity").encode()).fetchone()
            return (str(row[0]), str(row[1])) if row else None
    return None


def _local(address: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    return False


def _is_live(spec: Migration, conn_id: str, info: ConnectionInfo, live_id: str) -> StagingIsLive:
    return StagingIsLive(
        f"{info.conn_id!r}, which stands for {conn_id!r} in rehearsals of {spec.name!r}, leads to"
        f" {where(info)}: that is {live_id!r} itself.",
        fix=f"let {info.conn_id!r} lead to staging.",
    )
