"""One look at everything, in parallel: what is down costs its own time-out, and not the others' as well."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from cutover.connections import ConnectionInfo, Resolver
from cutover.errors import CutoverError
from cutover.health import backups, databases, rehearsals, routers, runs, wanted
from cutover.health.limits import Limits
from cutover.journal.check import Check
from cutover.journal.records import ACTIVE, Run
from cutover.journal.store import Journal
from cutover.opening import JOURNAL
from cutover.postgres.backup import Store
from cutover.spec.loader import load_all
from cutover.spec.models import Migration

WORKERS = 8
Look = Callable[[], Iterable[Check]]


@dataclass(frozen=True, slots=True)
class Health:
    """What was found. ``ok``: nothing is down. ``well``: nothing is worth a word, either."""

    checks: Sequence[Check]

    @property
    def ok(self) -> bool:
        return not any(check.blocks for check in self.checks)

    @property
    def well(self) -> bool:
        return all(check.ok for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-safe data."""
        return {"ok": self.ok, "well": self.well, "checks": [check.as_dict() for check in self.checks]}


def look(resolve: Resolver, open_store: Callable[[ConnectionInfo], Store], limits: Limits | None = None) -> Health:
    """Look at everything that the specs, and the runs that have not ended, need. Changes nothing.

    :param open_store: opens the store of backups behind a connection.
    """
    limits = limits or Limits()
    good, bad = load_all()
    alive, said = _journal(resolve, good, limits)
    needed = wanted.connections(good.values(), alive or ())
    looks = [*_databases(resolve, needed["database"], wanted.made(good.values(), alive or ()), alive, limits)]
    looks += [_one(resolve, conn_id, routers.look) for conn_id in sorted(needed["router"])]
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="cutover-health") as pool:
        found = [check for checks in pool.map(lambda each: list(each()), looks) for check in checks]
    # In this thread: a provider may ask Airflow for more.
    for conn_id, migrations in sorted(needed["store"].items()):
        names = _names(resolve, [good[name].source for name in migrations if name in good])
        work = partial(backups.look, open_store=open_store, dbnames=names, limits=limits)
        found += _one(resolve, conn_id, work)()
    return Health([*said, *runs.specs(good, bad), *found])


def _databases(
    resolve: Resolver, needed: Iterable[str], new: Collection[str], alive: Sequence[Run] | None, limits: Limits
) -> Iterator[Look]:
    numbers = {run.number: run.run_id for run in alive} if alive is not None else None
    for conn_id in sorted(needed):
        work = partial(databases.look, limits=limits, alive=numbers, may_be_missing=conn_id in new)
        yield _one(resolve, conn_id, work)


def _journal(resolve: Resolver, good: Mapping[str, Migration], limits: Limits) -> tuple[list[Run] | None, list[Check]]:
    """Return the runs that have not ended, None where nobody can tell; and what is to be said of them."""
    try:
        with Journal(resolve(JOURNAL)) as journal:
            alive = journal.runs(states=[*ACTIVE, "window"], limit=500)
            said = runs.look(journal, [run for run in alive if not run.dry_run])
            return alive, [*said, *rehearsals.look(journal, good, limits)]
    except CutoverError as error:
        return None, [Check("HEALTH_JOURNAL", "journal", False, "error", error.what, {}, JOURNAL)]


def _one(resolve: Resolver, conn_id: str, work: Callable[[ConnectionInfo], Iterable[Check]]) -> Look:
    """Resolve in this thread: an Airflow task must not ask for a connection in another one."""
    try:
        info = resolve(conn_id)
    except CutoverError as error:
        found = [Check("HEALTH_UP", "up", False, "error", error.what, {}, conn_id)]
        return lambda: found
    return lambda: work(info)


def _names(resolve: Resolver, sources: Iterable[str]) -> list[str]:
    """Return the names of databases; of a source that is not defined, its own look tells."""
    found: dict[str, None] = {}
    for source in sources:
        with contextlib.suppress(CutoverError):
            found[resolve(source).dbname] = None
    return list(found)
