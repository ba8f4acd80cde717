"""Airflow connections as environment variables, in Airflow's JSON form."""

from __future__ import annotations

import json
from collections.abc import Mapping

from cutover.connections import ConnectionInfo


def postgres(info: ConnectionInfo) -> dict[str, object]:
    """Return the fields of the Airflow connection for ``info``."""
    return {
        "conn_type": "postgres",
        "host": info.host,
        "port": info.port,
        "login": info.user,
        "password": info.password,
        "schema": info.dbname,
        "extra": {**info.extra, **({"cutover": dict(info.settings)} if info.settings else {})},
    }


def variables(connections: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """Return ``AIRFLOW_CONN_<ID>`` variables for connections by id."""
    return {f"AIRFLOW_CONN_{conn_id.upper()}": json.dumps(fields) for conn_id, fields in connections.items()}
