"""Databases behind a pooler, with backups' folder, fresh for each test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from localstack.cluster import Cluster
from localstack.databases import ensure_role
from localstack.pgbinaries import bin_folder
from localstack.pgbouncer import PgBouncer
from localstack.throwaway import fresh_folder
from support.connections import Connections
from support.pair_link import APP, PASSWORD
from support.window_stage import Stage

if TYPE_CHECKING:
    from cutover.journal.store import Journal

_numbers = itertools.count(1)
MakeStage = Callable[..., Stage]


@pytest.fixture(autouse=True)
def newest_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and its like of the newest version there is."""
    monkeypatch.setenv("CUTOVER_PG_BIN", str(bin_folder(18)))


@pytest.fixture
def make_stage(tmp_path: Path, journal: Journal, make_connection: Connections) -> Iterator[MakeStage]:
    """Return ``make_stage(source, target or None, **spec)``; what it makes is gone after the test."""
    made: list[Stage] = []

    def make(source: Cluster, target: Cluster | None, **spec: Any) -> Stage:
        name = f"window_{next(_numbers)}"
        for cluster in (source, target or source):
            ensure_role(cluster, APP, PASSWORD)
        pooler = PgBouncer(fresh_folder("pooler"), {name: source.info(dbname=name)}, {APP: PASSWORD}, "admin")
        stage = Stage(source, target or source, name, journal, pooler, across=target is not None)
        made.append(stage)
        stage.process = pooler.start()
        return stage.make(tmp_path / name, make_connection, **spec)

    yield make
    for stage in made:
        stage.process.stop()
        stage.drop()


@pytest.fixture
def across(make_stage: MakeStage, pg16: Cluster, pg18: Cluster) -> Stage:
    """PostgreSQL 16 -> 18."""
    return make_stage(pg16, pg18)


@pytest.fixture
def in_place(make_stage: MakeStage, pg18: Cluster) -> Stage:
    """On PostgreSQL 18."""
    return make_stage(pg18, None)
