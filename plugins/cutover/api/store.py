"""The journal, reached through the Airflow connection ``cutover_journal``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Annotated

from airflow.exceptions import AirflowNotFoundException
from airflow.models.connection import Connection
from fastapi import Depends

from cutover.api.faults import JOURNAL_CONN_ID, ConnectionMissing
from cutover.connections import ConnectionInfo, from_fields
from cutover.journal.store import Journal

# A page is asked again in seconds; what waits longer only holds a thread of the API server.
CONNECT_SECONDS = "3"


def connection_info(conn_id: str) -> ConnectionInfo:
    """Resolve an Airflow connection as the API server sees it: secrets backends, environment, metadata database.

    :raises ConnectionMissing: the connection is not defined.
    """
    try:
        found = Connection.get_connection_from_secrets(conn_id)
    except AirflowNotFoundException:
        raise ConnectionMissing(
            f"the Airflow connection {conn_id!r} is not defined.",
            fix=(
                f"define {conn_id!r} (Admin, Connections, or AIRFLOW_CONN_{conn_id.upper()}) as a Postgres "
                "connection, for every Airflow component."
            ),
        ) from None
    return from_fields(
        conn_id,
        host=found.host,
        port=found.port,
        login=found.login,
        password=found.get_password(),
        schema=found.schema,
        extra=found.extra_dejson,
    )


def journal() -> Iterator[Journal]:
    """Give one request a journal of its own: a mended connection works at once, and nobody waits for another."""
    info = connection_info(JOURNAL_CONN_ID)
    quick = replace(info, extra={"connect_timeout": CONNECT_SECONDS, **info.extra})
    with closing(Journal(quick, patience=0)) as opened:
        yield opened


JournalDep = Annotated[Journal, Depends(journal)]
