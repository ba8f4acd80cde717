"""Databases behind a pooler, with backups' folder, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localstack.cluster import Cluster
from localstack.pgbinaries import bin_folder
from support.connections import Connections
from support.making import MakeStage, stages
from support.window_stage import Stage

if TYPE_CHECKING:
    from cutover.journal.store import Journal


@pytest.fixture(autouse=True)
def newest_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and its like of the newest version there is."""
    monkeypatch.setenv("CUTOVER_PG_BIN", str(bin_folder(18)))


@pytest.fixture
def make_stage(tmp_path: Path, journal: Journal, make_connection: Connections) -> Iterator[MakeStage]:
    """Return ``make_stage(source, target or None, **spec)``; what it makes is gone after the test."""
    with stages(tmp_path, journal, make_connection) as make:
        yield make


@pytest.fixture
def across(make_stage: MakeStage, pg16: Cluster, pg18: Cluster) -> Stage:
    """PostgreSQL 16 -> 18."""
    return make_stage(pg16, pg18)


@pytest.fixture
def in_place(make_stage: MakeStage, pg18: Cluster) -> Stage:
    """On PostgreSQL 18."""
    return make_stage(pg18, None)
