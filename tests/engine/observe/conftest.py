"""One database for all measures: a spec with limits, and a context that looks at it as the live side."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from cutover.context import RunContext
from cutover.journal.store import Journal
from cutover.observing import Look
from cutover.observing.subject import Subject
from cutover.spec import loader
from localstack.cluster import Cluster
from support.online_world import World

_numbers = itertools.count(1)
Begin = Callable[..., RunContext]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, pg18: Cluster, journal_template: str) -> Iterator[World]:
    """A database with a table, and a journal, for all tests of a module."""
    name = f"observed_{next(_numbers)}"
    info = pg18.create_database(name)
    journal = Journal(pg18.create_database(f"{name}_journal", template=journal_template))
    made = World(tmp_path_factory.mktemp("specs"), info, journal)
    made.sql("CREATE TABLE leads (id bigint PRIMARY KEY, mail text)")
    yield made
    journal.close()
    for each in (name, f"{name}_journal"):
        pg18.drop_database(each)


@pytest.fixture
def begin(world: World) -> Begin:
    """``begin(files, validate, thresholds={...}, ...)`` begins a run of a spec that says so."""

    def start(
        files: dict[str, str] | None = None, validate: dict[str, Any] | None = None, **observe: Any
    ) -> RunContext:
        name = f"leads_{next(_numbers)}"
        table = {"name": "leads", "columns": {"mail": "mail"}}
        folder = world.spec([table], files or {}, name=name, observe=observe, validate=validate or {})
        spec = loader.load(folder)
        world.journal.begin_run(
            f"{name}.1", migration=name, strategy="online", database=name, title="x", spec=spec.snapshot()
        )
        return world.context(f"{name}.1", spec)

    return start


def subject(ctx: RunContext, *earlier: Look) -> Subject:
    return Subject.of(ctx, earlier, datetime.now(UTC))
