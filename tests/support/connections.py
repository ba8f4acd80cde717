"""A resolver for tests: connection ids that exist for one test, in the environment as well."""

from __future__ import annotations

import dataclasses
import json

import pytest

from cutover.connections import ConnectionInfo, from_environment


class Connections:
    """Connection ids of one test. Call it to register one; :meth:`resolve` is the engine's resolver."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, conn_id: str, info: ConnectionInfo) -> ConnectionInfo:
        """Register ``info`` as ``conn_id`` by AIRFLOW_CONN_*, so that Airflow and the CLI see it too."""
        data = {
            "conn_type": "postgres",
            "host": info.host,
            "port": info.port,
            "login": info.user,
            "password": info.password,
            "schema": info.dbname,
            "extra": dict(info.extra),
        }
        self._monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(data))
        return dataclasses.replace(info, conn_id=conn_id)

    def resolve(self, conn_id: str) -> ConnectionInfo:
        """:raises cutover.errors.ConnectionUnknown: nobody registered it."""
        return from_environment(conn_id)
