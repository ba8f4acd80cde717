"""Open a session whose results do not depend on what the server, role or client happens to be set to."""

from __future__ import annotations

from typing import Any

import psycopg

from cutover.connections import ConnectionInfo
from cutover.errors import ConnectionRefused, ConnectionUnknown
from cutover.recording import Recorder
from cutover.recording.cursor import cursors

# Text forms are hashed and compared across servers, so they are pinned; `row_security = off` turns rows
# that a policy would silently hide into an error; a broken client is noticed by the server in a second.
PINNED = {
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "xmlbinary": "base64",
    "row_security": "off",
    "search_path": "pg_catalog",
    "statement_timeout": "0",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "5min",
    "idle_session_timeout": "0",
    "client_connection_check_interval": "1s",
    "client_min_messages": "warning",
}


def connect(
    info: ConnectionInfo,
    *,
    application: str = "cutover",
    autocommit: bool = True,
    record: Recorder | None = None,
    **settings: str,
) -> psycopg.Connection[Any]:
    """Connect to Postgres with the pinned settings of this module.

    :param record: notes what is run over the connection and changes something.
    :param settings: server settings that override or add to :data:`PINNED`.
    :raises ConnectionRefused: the server cannot be reached or refuses the login.
    :raises ConnectionUnknown: the connection is for something else than Postgres.
    """
    if info.kind != "postgres":
        raise ConnectionUnknown(
            f"the connection {info.conn_id!r} is of type {info.kind!r}, not postgres.",
            fix="name a connection of type postgres, or change its type.",
        )
    merged = {**PINNED, **settings}
    options = " ".join(f"-c {name}={_escaped(value)}" for name, value in merged.items())
    try:
        connection = psycopg.connect(
            info.conninfo(
                application_name=application[:63],
                options=options,
                connect_timeout=info.extra.get("connect_timeout", 10),
            ),
            autocommit=autocommit,
        )
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise ConnectionRefused(
            f"cannot connect to {info.label()} as {info.user!r}: {reason}",
            fix=f"check host, port, login, password and schema of the Airflow connection {info.conn_id!r}.",
        ) from None
    if record is not None:
        connection.cursor_factory = cursors(record, info)  # type: ignore[assignment]
    return connection


def _escaped(value: str) -> str:
    """Escape blanks and backslashes as the server's ``options`` parser expects."""
    return value.replace("\\", "\\\\").replace(" ", "\\ ")
