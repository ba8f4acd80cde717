"""Can each server reach the other one with the login that a subscription will use? Tried, and undone."""

from __future__ import annotations

from typing import Any

import psycopg

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.context import Db
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.preflight_pair.facts import Reach, Side

SECONDS = 5


def reach(db: Db, here: Side, origin: SideName, peer: ConnectionInfo) -> Reach:
    """Return whether the server of ``here`` (``db`` is a session there) gets through to ``peer``.

    The password is given as a parameter, and what the server says about it is caught before it can be logged.

    :param peer: where this server finds the other one.
    """
    server = here.server
    if not (server.superuser or (server.creates_subscriptions and server.creates_schemas)):
        return Reach(origin, tried=False)
    try:
        with db.transaction(force_rollback=True):
            db.execute("SET TRANSACTION READ WRITE")
            db.execute("SET LOCAL client_min_messages = error")
            db.execute("SELECT set_config('cutover.probe', %s, true)", (peer.conninfo(connect_timeout=SECONDS),))
            db.execute(sqlfiles.text("preflight_pair/probe"))  # type: ignore[arg-type]
            said = _said(db)
    except psycopg.Error as error:
        said = error.diag.message_primary or type(error).__name__
    return Reach(origin, tried=True, problem=_without(said, peer) or None)


def _said(db: psycopg.Connection[Any]) -> str:
    row = db.execute("SELECT current_setting('cutover.probe')").fetchone()
    return str(row[0]) if row else ""


def _without(said: str, peer: ConnectionInfo) -> str:
    """No message of libpq's quotes the password; nor shall one that is yet to be written."""
    text = " ".join(said.split())
    return text.replace(peer.password, "***") if peer.password else text
