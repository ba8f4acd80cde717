"""Fixtures for all tests: real PostgreSQL 16 and 18, fresh databases, a journal, connections.

Servers live as long as the session (each xdist worker has its own) and vanish with it, even when it is killed.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from cutover.connections import ConnectionInfo
from localstack.cluster import Cluster
from localstack.throwaway import in_memory, throwaway
from support import airflow_env
from support.connections import Connections

if TYPE_CHECKING:
    from cutover.journal.store import Journal

airflow_env.isolate()
in_memory()
logging.getLogger("cutover").setLevel(logging.DEBUG)
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def pg16() -> Iterator[Cluster]:
    """A PostgreSQL 16 of this session."""
    with throwaway(16) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def pg18() -> Iterator[Cluster]:
    """A PostgreSQL 18 of this session."""
    with throwaway(18) as cluster:
        yield cluster


def _database(cluster: Cluster, template: str | None = None) -> Iterator[ConnectionInfo]:
    name = f"test_{next(_numbers)}"
    yield cluster.create_database(name, template=template)
    cluster.drop_database(name)


@pytest.fixture
def database(pg18: Cluster) -> Iterator[ConnectionInfo]:
    """A fresh empty database on PostgreSQL 18, dropped afterwards."""
    yield from _database(pg18)


@pytest.fixture
def database16(pg16: Cluster) -> Iterator[ConnectionInfo]:
    """A fresh empty database on PostgreSQL 16, dropped afterwards."""
    yield from _database(pg16)


@pytest.fixture(scope="session")
def journal_template(pg18: Cluster) -> str:
    """Name of a database with the journal's schema, to copy."""
    from cutover.journal.store import Journal

    Journal(pg18.create_database("journal_template")).migrate()
    return "journal_template"


@pytest.fixture
def journal(pg18: Cluster, journal_template: str) -> Iterator[Journal]:
    """An empty journal on a database of its own."""
    from cutover.journal.store import Journal

    for info in _database(pg18, template=journal_template):
        yield Journal(info)


@pytest.fixture
def make_connection(monkeypatch: pytest.MonkeyPatch) -> Connections:
    """Register connection ids for one test: ``make_connection("shop", database)``; ``.resolve`` reads them."""
    return Connections(monkeypatch)
