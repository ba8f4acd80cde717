"""Migrate: at full speed, because nobody else is there. In place by the spec's SQL, or into another database."""

from __future__ import annotations

from typing import Any

from cutover import hooks, points
from cutover.context import RunContext
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.stop_the_world import filling, form, in_place
from cutover.postgres.stop_the_world.steps.close import require_closed


def migrate(ctx: RunContext) -> dict[str, Any]:
    """Make the new state, doors closed; then run the hooks of ``migrated``. Made already, it stays as it is.

    :returns: across: ``{"copy": {...}, "index": {...}, "hooks": [...]}``; in place: ``{"statements", "seconds",
        "changed": [tables], "analyzed", "hooks"}``.
    :raises NotReady: the doors are open. :raises UpFailed: the SQL failed, and nothing has changed.
    :raises RowRefused, IndexFailed: another database does not take what the source has.
    :raises HookFailed: a hook of ``migrated`` (a smoke test) failed.
    """
    ends = Ends.of(ctx)
    with form.alone(ctx, "migrate"):
        require_closed(ctx, ends)
        figures = filling.fill(ctx, ends) if form.across(ctx) else in_place.run(ctx, ends)
        points.reach("stw.migrate.done")
        return {**figures, "hooks": hooks.run(ctx, "migrated", {k: v for k, v in figures.items() if k != "copy"})}
