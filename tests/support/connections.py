"""A resolver for tests: connection ids that exist for one test, in the environment as well."""

from __future__ import annotations

import dataclasses

import pytest

from cutover.connections import ConnectionInfo, from_environment
from localstack.connections import postgres, variables


class Connections:
    """Connection ids of one test. Call it to register one; :meth:`resolve` is the engine's resolver."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, conn_id: str, info: ConnectionInfo) -> ConnectionInfo:
        """Register ``info`` as ``conn_id`` by AIRFLOW_CONN_*, so that Airflow and the CLI see it too."""
        for name, value in variables({conn_id: postgres(info)}).items():
            self._monkeypatch.setenv(name, value)
        return dataclasses.replace(info, conn_id=conn_id)

    def resolve(self, conn_id: str) -> ConnectionInfo:
        """:raises cutover.errors.ConnectionUnknown: nobody registered it."""
        return from_environment(conn_id)
