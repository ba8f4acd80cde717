"""Rollback points of a window: what is there, kept where the run can be taken back to it."""

from __future__ import annotations

from typing import Any

from psycopg import sql

from cutover.context import RunContext
from cutover.postgres.backup import Manifest, Vault, take
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.stop_the_world.errors import NoVault


def keep(ctx: RunContext, ends: Ends, side: SideName, vault: Vault, note: str) -> Manifest:
    """Take a rollback point of a side, doors closed."""
    wishes = ctx.spec.backup
    return take(
        ctx,
        ends.info(side),
        vault.store,
        vault.recipients,
        run_id=ctx.run_id,
        migration=ctx.spec.name,
        workers=wishes.workers,
        keep=wishes.keep,
        note=note,
    )


def need(vault: Vault | None, what: str, *, read: bool = False) -> Vault:
    """:raises NoVault: nobody has said where rollback points are kept, or the key to read them is missing."""
    if vault is None:
        raise NoVault(
            f"{what} takes a rollback point, and nobody has said where they are kept.",
            fix="name the store's connection in the spec (backup: store:); on the command line: --store.",
        )
    if read and vault.identity is None:
        raise NoVault(
            f"{what} reads a rollback point, and its key is not at hand.",
            fix="name the connection whose password is the private key in the spec (backup: key:).",
        )
    return vault


def figures(manifest: Manifest) -> dict[str, Any]:
    """Return what a run has to remember of its rollback point, JSON-safe; tables as the server quotes their names."""
    return {
        "point": manifest.name,
        "bytes": manifest.size,
        "rows": manifest.rows,
        "seconds": manifest.seconds,
        "tables": {_label(table.schema, table.name): table.rows for table in manifest.tables},
    }


def _label(schema: str, name: str) -> str:
    return ".".join(_quoted(each) for each in (schema, name))


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string(None)
