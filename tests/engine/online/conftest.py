"""A fresh world for each test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cutover.connections import ConnectionInfo
from support.online_world import World

if TYPE_CHECKING:
    from cutover.journal.store import Journal


@pytest.fixture
def world(tmp_path: Path, database: ConnectionInfo, journal: Journal) -> World:
    """A database on PostgreSQL 18, still empty, with a journal."""
    return World(tmp_path / "migrations", database, journal)


@pytest.fixture
def world16(tmp_path: Path, database16: ConnectionInfo, journal: Journal) -> World:
    """The same on PostgreSQL 16."""
    return World(tmp_path / "migrations", database16, journal)
