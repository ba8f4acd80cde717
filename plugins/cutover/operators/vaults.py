"""Open the store of a run's rollback points, with its keys."""

from __future__ import annotations

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.operators.stores import open_store
from cutover.postgres.backup import Vault, open_vault


def vault_of(ctx: RunContext, *, must: bool) -> Vault | None:
    """Return the vault that the migration's ``backup`` names.

    :param must: whoever asked for a point, and a window in place, does not go without it. Otherwise None where it
        cannot be opened: who needs it says so then; a store that is away must not keep doors closed that only have to
        be opened.
    :raises CutoverError: naming the connection and what it lacks.
    """
    wishes = ctx.spec.backup
    try:
        return open_vault(ctx.resolve, wishes.store, wishes.key, open_store)
    except CutoverError as error:
        if must and (ctx.spec.target is None or ctx.spec.backup.take):
            raise
        ctx.log.warning("no rollback points: %s", error.what)
        return None
