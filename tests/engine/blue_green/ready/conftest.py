"""A pair behind a pooler, to ask preflight about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from localstack.cluster import Cluster
from localstack.pgbouncer import PgBouncer
from localstack.throwaway import fresh_folder
from support.pair_preflighting import Asked
from support.pair_world import PairWorld


@pytest.fixture(scope="session")
def pooler(pg16: Cluster) -> Iterator[PgBouncer]:
    """A PgBouncer whose entry each test points at its own blue."""
    made = PgBouncer(fresh_folder("ready"), {"shop": pg16.info()}, {}, "admin")
    process = made.start()
    yield made
    process.stop()


@pytest.fixture
def asked(pair: PairWorld, pooler: PgBouncer) -> Asked:
    """Blue on 16 with the shop in it, green on 18, empty."""
    return Asked(pair, pooler)
