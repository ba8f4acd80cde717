"""Which connections migrations need, and for what: by their specs, and by runs that have not ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from cutover.journal.records import Run
from cutover.spec.models import Migration

# What a connection leads to, by the spec's key for it.
PARTS: Mapping[str, str] = {"source": "database", "target": "database", "router": "router"}


def connections(specs: Iterable[Migration], runs: Iterable[Run]) -> dict[str, dict[str, list[str]]]:
    """Return ``{kind: {connection id: [migrations]}}``; kinds are ``database``, ``router`` and ``store``.

    A target that is made by its run need not be there yet; see :func:`made`.
    """
    found: dict[str, dict[str, list[str]]] = {"database": {}, "router": {}, "store": {}}
    told = [(spec.name, spec.model_dump(by_alias=True, mode="json")) for spec in specs]
    told += [(run.migration, run.spec) for run in runs]
    for migration, spec in told:
        for kind, conn_id in _named(spec):
            who = found[kind].setdefault(conn_id, [])
            if migration not in who:
                who.append(migration)
    return found


def made(specs: Iterable[Migration], runs: Iterable[Run]) -> set[str]:
    """Return connections of databases that only a run makes: targets that nobody else names."""
    roles: dict[str, set[str]] = defaultdict(set)
    for spec in [*(each.model_dump(by_alias=True, mode="json") for each in specs), *(run.spec for run in runs)]:
        for key in ("source", "target"):
            if spec.get(key):
                roles[str(spec[key])].add(key)
    return {conn_id for conn_id, names in roles.items() if names == {"target"}}


def _named(spec: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for key, kind in PARTS.items():
        if spec.get(key):
            yield kind, str(spec[key])
    store = (spec.get("flags") or {}).get("store")
    if store:
        yield "database", str(store)
    backup = spec.get("backup") or {}
    if backup.get("store") and (backup.get("take") or spec.get("strategy") == "stop_the_world"):
        yield "store", str(backup["store"])
