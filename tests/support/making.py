"""Pairs of databases, flags and maintenance windows, as many as a test wants; all of them are gone afterwards."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cutover.journal.store import Journal
from localstack.cluster import Cluster
from localstack.databases import ensure_role
from localstack.pgbouncer import PgBouncer
from localstack.throwaway import fresh_folder
from support.connections import Connections
from support.flag_link import FlagLink
from support.pair_link import APP, PASSWORD, Link
from support.window_stage import Stage

MakeLink = Callable[..., Link]
MakeFlagLink = Callable[..., FlagLink]
MakeStage = Callable[..., Stage]
_numbers = itertools.count(1)


@contextlib.contextmanager
def links(folder: Path, journal: Journal, connections: Connections) -> Iterator[MakeLink]:
    """Yield ``make(blue, green, **spec)``: a pair that is one step before its cutover, behind a pooler."""
    with contextlib.ExitStack() as ending:

        def make(blue: Cluster, green: Cluster, **spec: Any) -> Link:
            name = f"link_{next(_numbers)}"
            link = Link(blue, green, name, journal, _pooler(name, blue, green))
            _start(link, ending)
            return link.make(folder / name, connections, **spec)

        yield make


@contextlib.contextmanager
def flag_links(folder: Path, journal: Journal, connections: Connections) -> Iterator[MakeFlagLink]:
    """Yield ``make(blue, green, linked=..., **spec)``: a pair whose applications follow a flag."""
    with contextlib.ExitStack() as ending:

        def make(blue: Cluster, green: Cluster, **spec: Any) -> FlagLink:
            _roles(blue, green)
            link = FlagLink(blue, green, f"flagged_{next(_numbers)}", journal)
            ending.callback(link.drop)
            return link.make(folder / link.dbname, connections, **spec)

        yield make


@contextlib.contextmanager
def stages(folder: Path, journal: Journal, connections: Connections) -> Iterator[MakeStage]:
    """Yield ``make(source, target or None, **spec)``: a database before its maintenance window, behind a pooler."""
    with contextlib.ExitStack() as ending:

        def make(source: Cluster, target: Cluster | None, **spec: Any) -> Stage:
            name, green = f"window_{next(_numbers)}", target or source
            stage = Stage(source, green, name, journal, _pooler(name, source, green), across=target is not None)
            _start(stage, ending)
            return stage.make(folder / name, connections, **spec)

        yield make


def _roles(*clusters: Cluster) -> None:
    for cluster in clusters:
        ensure_role(cluster, APP, PASSWORD)


def _pooler(name: str, blue: Cluster, green: Cluster) -> PgBouncer:
    _roles(blue, green)
    return PgBouncer(fresh_folder("pooler"), {name: blue.info(dbname=name)}, {APP: PASSWORD}, "admin")


def _start(link: Link, ending: contextlib.ExitStack) -> None:
    """Start its pooler; end it and drop everything later, each of them whatever happens to the others."""
    link.process = link.pooler.start()
    ending.callback(link.drop)
    ending.callback(link.process.stop)
