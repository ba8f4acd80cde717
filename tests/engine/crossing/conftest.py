"""A pair that is one step before the cutover, fresh for each test."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from localstack.cluster import Cluster
from localstack.databases import ensure_role
from localstack.pgbouncer import PgBouncer
from localstack.throwaway import fresh_folder
from support.connections import Connections
from support.pair_link import APP, PASSWORD, Link

if TYPE_CHECKING:
    from cutover.journal.store import Journal

_numbers = itertools.count(1)
MakeLink = Callable[..., Link]


@pytest.fixture
def make_link(tmp_path: Path, journal: Journal, make_connection: Connections) -> Iterator[MakeLink]:
    """Return ``make_link(blue, green, **spec)``; what it makes is gone after the test."""
    made: list[Link] = []

    def make(blue: Cluster, green: Cluster, **spec: Any) -> Link:
        number = next(_numbers)
        name = f"link_{number}"
        for cluster in (blue, green):
            ensure_role(cluster, APP, PASSWORD)
        pooler = PgBouncer(fresh_folder("pooler"), {name: blue.info(dbname=name)}, {APP: PASSWORD}, "admin")
        link = Link(blue, green, name, journal, pooler)
        link.process = pooler.start()
        made.append(link)
        return link.make(tmp_path / f"link_{number}", make_connection, **spec)

    yield make
    with contextlib.ExitStack() as ending:  # each of them, whatever happens to the others
        for link in made:
            ending.callback(lambda link=link: link.process.stop())  # type: ignore[misc]
            ending.callback(link.drop)


@pytest.fixture
def link(make_link: MakeLink, pg16: Cluster, pg18: Cluster) -> Link:
    """PostgreSQL 16 -> 18."""
    return make_link(pg16, pg18)
