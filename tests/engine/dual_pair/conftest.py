"""A pair of databases and a flag, fresh for each test: one step before the cutover, or with nothing done."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from localstack.cluster import Cluster
from localstack.databases import ensure_role
from localstack.pgbinaries import bin_folder
from support.connections import Connections
from support.flag_link import FlagLink
from support.pair_link import APP, PASSWORD

if TYPE_CHECKING:
    from cutover.journal.store import Journal

_numbers = itertools.count(1)
MakeLink = Callable[..., FlagLink]


@pytest.fixture(autouse=True)
def newest_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and its like of the newest version there is."""
    monkeypatch.setenv("CUTOVER_PG_BIN", str(bin_folder(18)))


@pytest.fixture
def make_link(
    tmp_path: Path, pg16: Cluster, pg18: Cluster, journal: Journal, make_connection: Connections
) -> Iterator[MakeLink]:
    """Return ``make_link(linked=..., **spec)``, 16 -> 18; what it makes is gone after the test."""
    made: list[FlagLink] = []

    def make(**spec: Any) -> FlagLink:
        for cluster in (pg16, pg18):
            ensure_role(cluster, APP, PASSWORD)
        link = FlagLink(pg16, pg18, f"flagged_{next(_numbers)}", journal)
        made.append(link)
        return link.make(tmp_path / link.dbname, make_connection, **spec)

    yield make
    for link in made:
        link.drop()


@pytest.fixture
def link(make_link: MakeLink) -> FlagLink:
    return make_link()


@pytest.fixture
def unlinked(make_link: MakeLink) -> FlagLink:
    return make_link(linked=False)
