"""Open the store of a run's rollback points, with its keys."""

from __future__ import annotations

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.operators.stores import open_store
from cutover.postgres.backup import Vault, open_vault


def vault_of(ctx: RunContext) -> Vault | None:
    """Return the vault that the migration's ``backup`` names.

    None where it cannot be opened and another database takes over: such a run needs it only to keep what a rollback
    would lose, and asks for it then.

    :raises CutoverError: in place nothing goes without it; naming the connection and what it lacks.
    """
    wishes = ctx.spec.backup
    try:
        return open_vault(ctx.resolve, wishes.store, wishes.key, open_store)
    except CutoverError as error:
        if ctx.spec.target is None:
            raise
        ctx.log.warning("no rollback points: %s", error.what)
        return None
