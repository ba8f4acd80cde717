"""What a run's journal is told of its rollback points: enough to choose one from a list without asking the store."""

from __future__ import annotations

from typing import Any

from cutover.postgres.backup.manifest import Manifest
from cutover.postgres.backup.store import Store
from cutover.postgres.task import Task

TAKEN, RETIRED = "backup", "backup_retired"


def taken(ctx: Task, manifest: Manifest, store: Store) -> None:
    """Write down that a rollback point is there."""
    text = f"rollback point {manifest.name} in {store.label}: {manifest.size:,} bytes"
    ctx.journal.event(ctx.run_id, TAKEN, text, data=brief(manifest, store))


def brief(manifest: Manifest, store: Store) -> dict[str, Any]:
    """Return what people want to know of a point, JSON-safe; ``restore_seconds`` is None where nobody has tried."""
    return {
        "point": manifest.name,
        "store": store.label,
        "kind": manifest.kind,
        "database": manifest.dbname,
        "taken_at": manifest.taken_at,
        "keep_until": manifest.keep_until,
        "bytes": manifest.size,
        "rows": manifest.rows,
        "restore_seconds": manifest.proved.restore_seconds if manifest.proved else None,
        "note": manifest.note,
    }
