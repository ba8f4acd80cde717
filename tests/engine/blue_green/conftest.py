"""Fresh pairs of databases on two servers, and runs of the blue-green strategy between them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cutover.connections import ConnectionInfo
from localstack.cluster import Cluster
from localstack.pgbinaries import bin_folder
from localstack.throwaway import throwaway
from support.debian15 import debian15
from support.pair_world import PairWorld

if TYPE_CHECKING:
    from cutover.journal.store import Journal

MakePair = Callable[..., PairWorld]


@pytest.fixture(autouse=True)
def newest_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and its like of the newest version there is."""
    monkeypatch.setenv("CUTOVER_PG_BIN", str(bin_folder(18)))


@pytest.fixture(scope="session")
def pg16_second() -> Iterator[Cluster]:
    """Another PostgreSQL 16 of this session."""
    with throwaway(16) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def pg18_second() -> Iterator[Cluster]:
    """Another PostgreSQL 18 of this session."""
    with throwaway(18) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def pg15() -> Iterator[Cluster]:
    """A PostgreSQL 15 of the operating system, or a skipped test."""
    yield from debian15()


@pytest.fixture
def make_pair(tmp_path: Path, journal: Journal) -> Iterator[MakePair]:
    """Make a pair of databases: ``make_pair(blue_cluster, green_cluster)``; both are dropped afterwards.

    ``load=False`` leaves blue empty, ``green=False`` leaves green to be made by the run.
    """
    made: list[tuple[Cluster, str]] = []

    def make(blue: Cluster, green: Cluster, *, load: bool = True, make_green: bool = True) -> PairWorld:
        number = len(made)
        names = f"blue_{number}", f"green_{number}"
        made.extend(zip((blue, green), names, strict=True))
        info = blue.create_database(names[0])
        there: ConnectionInfo = green.create_database(names[1]) if make_green else green.info(dbname=names[1])
        pair = PairWorld(tmp_path / f"migrations{number}", info, there, journal)
        if load:
            pair.load()
        return pair

    yield make
    running = [(cluster, name) for cluster, name in made if cluster.pid is not None]
    for cluster, name in reversed(running):
        cluster.drop_database(name)
    for cluster, _ in running:
        _tidy(cluster)


@pytest.fixture
def pair(make_pair: MakePair, pg16: Cluster, pg18: Cluster) -> PairWorld:
    """Blue on 16 with the shop in it, green on 18, empty."""
    return make_pair(pg16, pg18)


@pytest.fixture(params=["16-18", "18-18", "16-16"])
def any_pair(request: pytest.FixtureRequest, make_pair: MakePair) -> PairWorld:
    """The same for every combination of versions that the wheels have."""
    blue, green = {
        "16-18": ("pg16", "pg18"),
        "18-18": ("pg18", "pg18_second"),
        "16-16": ("pg16", "pg16_second"),
    }[request.param]
    return make_pair(request.getfixturevalue(blue), request.getfixturevalue(green))


def _tidy(cluster: Cluster) -> None:
    """Take away what a failed test left on the server beside its databases: later tests look for leftovers."""
    with contextlib.closing(cluster.connect()) as db:
        for (name,) in db.execute("SELECT datname FROM pg_database WHERE datname ~ '^cutover_\\d+_design$'").fetchall():
            cluster.drop_database(name)
        roles = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'pair\\_%' AND rolname <> current_user"
        for (role,) in db.execute(roles).fetchall():
            with contextlib.suppress(Exception):  # needed by a database of another fixture
                db.execute(f'DROP ROLE "{role}"')
