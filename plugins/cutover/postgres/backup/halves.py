"""Half-written points: begun by somebody who died, never listed, cleared away when nobody can be at work any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from cutover.postgres.backup import names
from cutover.postgres.backup.store import Store

# Somebody may be writing one that is younger.
YOUNG = timedelta(days=2)


def clear_own(store: Store, prefix: str, dbname: str, run_id: str) -> list[str]:
    """Clear away the half points of a run that begins the same step again; return their names."""
    # All stamps begin with the century: another run's id may begin as this one's does.
    return _clear(store, f"{names.folder(prefix, dbname)}{names.safe(run_id)}-20", None)


def clear(store: Store, prefix: str, now: datetime) -> list[str]:
    """Clear away everybody's half points below ``prefix`` that are older than :data:`YOUNG`; return their names."""
    return _clear(store, f"{prefix.strip('/')}/", now - YOUNG)


def find(store: Store, begin: str) -> dict[str, list[str]]:
    """Return what there is of each point without manifest, by the point's name."""
    points = names.grouped(store.names(begin))
    return {name: parts for name, parts in points.items() if names.manifest(name) not in parts}


def _clear(store: Store, begin: str, before: datetime | None) -> list[str]:
    store.sweep(begin, before)
    cleared = []
    for name, parts in find(store, begin).items():
        begun = names.begun(name)
        if begun and (before is None or begun < before):
            store.delete(parts)
            cleared.append(name)
    return cleared
