"""Databases to take rollback points of, with stores and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localstack.cluster import Cluster
from localstack.pgbinaries import bin_folder
from support.backup_world import BackupWorld

MakeWorld = Callable[..., BackupWorld]


@pytest.fixture(autouse=True)
def newest_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and its like of the newest version there is."""
    monkeypatch.setenv("CUTOVER_PG_BIN", str(bin_folder(18)))


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[MakeWorld]:
    """Make a world on a cluster: ``make_world(cluster, load=False)``; its databases are dropped afterwards."""
    made: list[BackupWorld] = []

    def make(cluster: Cluster, *, load: bool = True) -> BackupWorld:
        name = f"Shop {len(made)}"
        world = BackupWorld(cluster, cluster.create_database(name), tmp_path)
        world.others.append((cluster, name))
        made.append(world)
        if load:
            world.load()
        return world

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(make_world: MakeWorld, pg16: Cluster) -> BackupWorld:
    """A filled database on PostgreSQL 16."""
    return make_world(pg16)
