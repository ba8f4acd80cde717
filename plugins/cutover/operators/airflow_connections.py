"""Turn Airflow's connections into the engine's, for tasks and for triggers."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from cutover.connections import KINDS, ConnectionInfo, from_fields
from cutover.errors import ConnectionUnknown


class AirflowResolver:
    """Resolves connection ids in a task. Each is asked for once, so that worker threads need no word with Airflow."""

    def __init__(self) -> None:
        self._known: dict[str, ConnectionInfo] = {}

    def __call__(self, conn_id: str) -> ConnectionInfo:
        """:raises ConnectionUnknown: Airflow has no such connection, or it is of a type that Cutover has no use for."""
        if conn_id not in self._known:
            try:
                connection = BaseHook.get_connection(conn_id)
            except AirflowNotFoundException:
                raise _unknown(conn_id) from None
            self._known[conn_id] = _info(conn_id, connection)
        return self._known[conn_id]


async def aresolve(conn_id: str) -> ConnectionInfo:
    """Resolve a connection id in the triggerer's event loop. :raises ConnectionUnknown: as :class:`AirflowResolver`."""
    try:
        return _info(conn_id, await BaseHook.aget_connection(conn_id))
    except AirflowNotFoundException:
        raise _unknown(conn_id) from None


def _info(conn_id: str, connection: Any) -> ConnectionInfo:
    if connection.conn_type not in KINDS:
        raise ConnectionUnknown(
            f"the Airflow connection {conn_id!r} is of type {connection.conn_type!r}, not postgres.",
            fix=f"name a connection of type postgres, or change the type of {conn_id!r} under Admin, Connections.",
        )
    return from_fields(
        conn_id,
        host=connection.host,
        port=connection.port,
        login=connection.login,
        password=connection.password,
        schema=connection.schema,
        extra=connection.extra_dejson,
        kind=connection.conn_type,
    )


def _unknown(conn_id: str) -> ConnectionUnknown:
    return ConnectionUnknown(
        f"the Airflow connection {conn_id!r} is not defined.",
        fix=f"add it under Admin, Connections (type postgres), or set AIRFLOW_CONN_{conn_id.upper()}.",
    )
