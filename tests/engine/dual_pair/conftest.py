"""A pair of databases and a flag, fresh for each test: one step before the cutover, or with nothing done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localstack.cluster import Cluster
from localstack.pgbinaries import bin_folder
from support.connections import Connections
from support.flag_link import FlagLink
from support.making import flag_links

if TYPE_CHECKING:
    from cutover.journal.store import Journal

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
    with flag_links(tmp_path, journal, make_connection) as make:
        yield partial(make, pg16, pg18)


@pytest.fixture
def link(make_link: MakeLink) -> FlagLink:
    return make_link()


@pytest.fixture
def unlinked(make_link: MakeLink) -> FlagLink:
    return make_link(linked=False)
