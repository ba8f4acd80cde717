"""Which rollback points there are, and which of them have been kept long enough."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from cutover.postgres.backup import halves, names
from cutover.postgres.backup.manifest import FormatUnknown, Manifest, ManifestDamaged
from cutover.postgres.backup.store import NotInStore, Store, read

POINTS_DAYS, BACKUPS_DAYS = 7, 30


def listing(store: Store, dbname: str | None = None, *, prefixes: Sequence[str] = ()) -> list[Manifest]:
    """Return the rollback points that are whole, the newest first: with a manifest, and with all parts that it names.

    That every byte is right, only :func:`checking.check` knows.

    :param dbname: only those of databases of that name.
    """
    found = []
    for prefix in prefixes or (names.POINTS, names.BACKUPS):
        begin = names.folder(prefix, dbname) if dbname else f"{prefix}/"
        for name, parts in names.grouped(store.names(begin)).items():
            manifest = _whole(store, name, set(parts))
            if manifest:
                found.append(manifest)
    return sorted(found, key=lambda manifest: manifest.taken, reverse=True)


def retire(
    store: Store,
    *,
    points_days: int = POINTS_DAYS,
    backups_days: int = BACKUPS_DAYS,
    now: datetime,
    spare_runs: Collection[str] = (),
) -> list[str]:
    """Delete what is older, and half-written points that nobody can be writing any more; return their names.

    The last whole, full point of a database is never deleted, nor one that its spec wants to be kept longer.

    :param spare_runs: ids of runs that may still go back to their points, whatever these's age.
    """
    found = listing(store)
    last = _last(found)
    retired = []
    for prefix, days in ((names.POINTS, points_days), (names.BACKUPS, backups_days)):
        for manifest in found:
            mine = manifest.name.startswith(f"{prefix}/") and manifest.name not in last
            if mine and manifest.run_id not in spare_runs and _over(manifest, days, now):
                # The manifest first: what is half deleted is not listed.
                store.delete([names.manifest(manifest.name)])
                store.delete(store.names(f"{manifest.name}/"))
                retired.append(manifest.name)
        retired += halves.clear(store, prefix, now)
    return sorted(retired)


def _last(found: Sequence[Manifest]) -> set[str]:
    """Return the newest full point of each database."""
    newest: dict[tuple[str, str], str] = {}
    for manifest in found:
        if manifest.kind == "full":
            newest.setdefault((manifest.system, manifest.dbname), manifest.name)
    return set(newest.values())


def _over(manifest: Manifest, days: int, now: datetime) -> bool:
    """What its spec said when it was taken counts more than what is usual."""
    return now > (manifest.kept_until or manifest.taken + timedelta(days=days))


def _whole(store: Store, name: str, there: set[str]) -> Manifest | None:
    if names.manifest(name) not in there:
        return None
    try:
        manifest = Manifest.from_json(read(store, names.manifest(name)), name)
    except (ManifestDamaged, FormatUnknown, NotInStore):
        return None
    whole = manifest.name == name and all(f"{name}/{part.name}" in there for part in manifest.parts)
    return manifest if whole else None
