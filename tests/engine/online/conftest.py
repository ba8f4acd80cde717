"""A fresh world for each test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from support.online_world import World

if TYPE_CHECKING:
    from cutover.journal.store import Journal

PLAIN = {"name": "public.items", "alter": "alter.sql"}
TABLE = """
CREATE TABLE items (id integer PRIMARY KEY, n integer UNIQUE, v text);
INSERT INTO items SELECT k, k, 'v' || k FROM generate_series(1, 1000) AS k;
"""


@pytest.fixture
def world(tmp_path: Path, database: ConnectionInfo, journal: Journal) -> World:
    """A database on PostgreSQL 18, still empty, with a journal."""
    return World(tmp_path / "migrations", database, journal)


@pytest.fixture
def world16(tmp_path: Path, database16: ConnectionInfo, journal: Journal) -> World:
    """The same on PostgreSQL 16."""
    return World(tmp_path / "migrations", database16, journal)


@pytest.fixture
def begin(world: World) -> Callable[..., RunContext]:
    """Return ``begin(alter, **of the table)``: a table with a thousand rows, and a run that changes it."""

    def _begin(alter: str = "ALTER TABLE items ALTER COLUMN id TYPE bigint", **more: object) -> RunContext:
        world.sql(TABLE)
        return world.begin(world.spec([{**PLAIN, **more}], {"alter.sql": alter}))

    return _begin
