"""Can each server reach the other one with the login that a subscription will use? Tried, and undone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.context import Db
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.preflight_pair.facts import Reach, Side

SECONDS = 5
NAME = "cutover_preflight"


def reach(here: Db, follower: Side, there: Db, origin: Side, peer: ConnectionInfo) -> Reach:
    """Return whether the server of ``follower`` gets through to ``peer``, which is where it finds ``origin``.

    What the server says about the password's statement is caught before it can be logged; and nothing may go wrong in
    a way that is only warned of, for the log of a warning tells the statement as well. So there is a publication.

    :param here: a session of the follower; :param there: one of the origin.
    """
    name: SideName = origin.name
    server = follower.server
    if not (server.superuser or (server.creates_subscriptions and server.creates_schemas)):
        return Reach(name, tried=False)
    with _publication(there, origin) as publication:
        if publication is None:
            return Reach(name, tried=False)
        return Reach(name, tried=True, problem=_without(_try(here, publication, peer), peer) or None)


@contextlib.contextmanager
def _publication(there: Db, origin: Side) -> Iterator[str | None]:
    """Yield the name of an empty publication of the origin, made for these moments; None where it cannot be made.

    One with tables would not do: those would have to be there on the other side.
    """
    server, own = origin.server, sql.Identifier(NAME)
    if not (server.superuser or server.creates_schemas) or server.in_recovery or server.read_only:
        yield None
        return
    there.execute(sql.SQL("DROP PUBLICATION IF EXISTS {}").format(own))
    there.execute(sql.SQL("CREATE PUBLICATION {}").format(own))
    try:
        yield NAME
    finally:
        there.execute(sql.SQL("DROP PUBLICATION IF EXISTS {}").format(own))


def _try(db: Db, publication: str, peer: ConnectionInfo) -> str:
    try:
        with db.transaction(force_rollback=True):
            db.execute("SET TRANSACTION READ WRITE")
            db.execute("SET LOCAL client_min_messages = error")
            conninfo = peer.conninfo(connect_timeout=SECONDS)
            db.execute(
                "SELECT set_config('cutover.probe', %s, true), set_config('cutover.publication', %s, true)",
                (conninfo, publication),
            )
            db.execute(sqlfiles.text("preflight_pair/probe"))  # type: ignore[arg-type]
            return _said(db)
    except psycopg.Error as error:
        return error.diag.message_primary or type(error).__name__


def _said(db: psycopg.Connection[Any]) -> str:
    row = db.execute("SELECT current_setting('cutover.probe')").fetchone()
    return str(row[0]) if row else ""


def _without(said: str, peer: ConnectionInfo) -> str:
    """No message of libpq's quotes the password; nor shall one that is yet to be written."""
    text = " ".join(said.split())
    return text.replace(peer.password, "***") if peer.password else text
