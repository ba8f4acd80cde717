"""Back up: the rollback point before a run begins, proven by a restore. It says how long going back to it takes."""

from __future__ import annotations

from typing import Any

from cutover import points
from cutover.context import RunContext
from cutover.postgres import backup
from cutover.postgres.backup import Manifest, Vault
from cutover.postgres.stop_the_world import form, saving

NOTE = "before the run"


def back_up(ctx: RunContext, vault: Vault | None = None) -> dict[str, Any]:
    """Take a rollback point while everybody works, and prove it as the spec says; taken already, it stays.

    :param vault: None: a window into another database goes without a point; to all others that is an error.
    :returns: ``{"point", "bytes", "rows", "seconds", "restore_seconds", "row_diff", "megabytes_per_second",
        "restore_megabytes_per_second"}``, sizes of the database before compression; or ``{"skipped": why}``.
    :raises NoVault, NotProven: and as :func:`cutover.postgres.backup.take` has it.
    """
    window = ctx.spec.strategy == "stop_the_world"
    if not window and not ctx.spec.backup.take:
        return {"skipped": "the migration does not ask for one (backup: take: true)"}
    if vault is None and window and form.across(ctx):
        return {"skipped": "there is no store for rollback points; the source stays as it is"}
    vault = saving.need(vault, "back_up", read=True)
    with form.alone(ctx, "back-up"):
        found = _taken(ctx, vault) or _take(ctx, vault)
    points.reach("back_up.taken")
    return _figures(found)


def _taken(ctx: RunContext, vault: Vault) -> Manifest | None:
    """Return what an attempt that was interrupted has taken, if that is there."""
    points_of_run = [one for one in backup.listing(vault.store, ctx.source_info.dbname) if one.run_id == ctx.run_id]
    return next((one for one in points_of_run if one.note == NOTE), None)


def _take(ctx: RunContext, vault: Vault) -> Manifest:
    wishes, info = ctx.spec.backup, ctx.source_info
    about: dict[str, Any] = {"run_id": ctx.run_id, "migration": ctx.spec.name, "keep": wishes.keep, "note": NOTE}
    if wishes.verify == "restore":
        return backup.prove(ctx, info, vault.store, vault.recipients, vault.identity, workers=wishes.workers, **about)
    found = backup.take(ctx, info, vault.store, vault.recipients, workers=wishes.workers, **about)
    return backup.check(vault.store, found.name, vault.identity, expects=info, ctx=ctx)


def _figures(found: Manifest) -> dict[str, Any]:
    restore = found.proved.restore_seconds if found.proved else None
    size = found.database_bytes / 1e6
    return {
        "point": found.name,
        "bytes": found.size,
        "rows": found.rows,
        "seconds": found.seconds,
        "restore_seconds": restore,
        "row_diff": found.proved.row_diff if found.proved else None,
        "megabytes_per_second": round(size / max(found.seconds, 1e-3), 1),
        "restore_megabytes_per_second": round(size / max(restore, 1e-3), 1) if restore is not None else None,
    }
