"""A pair behind a pooler, to ask preflight about."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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


@pytest.fixture(scope="module")
def lasting_asked(
    pg16: Cluster, pg18: Cluster, pooler: PgBouncer, journal_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Asked]]:
    """Make a pair that lasts for a module, of a blue (16) with this SQL in it and an empty green (18)."""
    from cutover.journal.store import Journal

    names = (pg16, "ready_blue"), (pg18, "ready_green"), (pg18, "ready_journal")

    def make(text: str) -> Asked:
        blue, green = (cluster.create_database(name) for cluster, name in names[:2])
        journal = Journal(pg18.create_database("ready_journal", template=journal_template))
        world = PairWorld(tmp_path_factory.mktemp("ready"), blue, green, journal)
        world.blue(text)
        return Asked(world, pooler)

    yield make
    for cluster, name in names:
        cluster.drop_database(name)


@pytest.fixture
def asked(pair: PairWorld, pooler: PgBouncer) -> Asked:
    """Blue on 16 with the shop in it, green on 18, empty."""
    return Asked(pair, pooler)
