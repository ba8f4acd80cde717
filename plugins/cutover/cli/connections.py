"""Find connections for the command line: in the environment, else in Airflow where one is set up here."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from cutover.connections import KINDS, ConnectionInfo, from_environment, from_fields
from cutover.errors import ConnectionUnknown


def resolve(conn_id: str) -> ConnectionInfo:
    """Return where a connection id leads.

    :raises ConnectionUnknown: neither the environment nor Airflow defines it.
    """
    if os.environ.get(f"AIRFLOW_CONN_{conn_id.upper()}") or not _airflow_is_set_up():
        return from_environment(conn_id)
    return _from_airflow(conn_id)


def _airflow_is_set_up() -> bool:
    """Whether importing Airflow finds a configuration; without one it would make files in the home directory."""
    if any(name.startswith("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN") for name in os.environ):
        return True
    home = Path(os.environ.get("AIRFLOW_HOME") or "~/airflow").expanduser()
    return (home / "airflow.cfg").is_file()


def _from_airflow(conn_id: str) -> ConnectionInfo:
    # Airflow prints warnings to where it finds stdout; there the command's answer goes.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            # Outside of a task only the model asks the metadata database and the secrets backends.
            from airflow.models import Connection

            found = Connection.get_connection_from_secrets(conn_id)
        except Exception as error:
            raise ConnectionUnknown(
                f"connection {conn_id!r} is not defined: neither AIRFLOW_CONN_{conn_id.upper()} nor Airflow has it "
                f"({type(error).__name__}).",
                fix=f"airflow connections add {conn_id} --conn-type postgres --conn-host ... --conn-schema ...",
            ) from None
    if found.conn_type not in KINDS:
        raise ConnectionUnknown(
            f"the Airflow connection {conn_id!r} is of type {found.conn_type!r}, not postgres.",
            fix="name a connection of type postgres.",
        )
    return from_fields(
        conn_id,
        host=found.host,
        port=found.port,
        login=found.login,
        password=found.password,
        schema=found.schema,
        extra=found.extra_dejson,
        kind=found.conn_type,
    )
