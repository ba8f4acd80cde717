"""A pair that is one step before the cutover, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localstack.cluster import Cluster
from support.connections import Connections
from support.making import MakeLink, links
from support.pair_link import Link

if TYPE_CHECKING:
    from cutover.journal.store import Journal


@pytest.fixture
def make_link(tmp_path: Path, journal: Journal, make_connection: Connections) -> Iterator[MakeLink]:
    """Return ``make_link(blue, green, **spec)``; what it makes is gone after the test."""
    with links(tmp_path, journal, make_connection) as make:
        yield make


@pytest.fixture
def link(make_link: MakeLink, pg16: Cluster, pg18: Cluster) -> Link:
    """PostgreSQL 16 -> 18."""
    return make_link(pg16, pg18)
