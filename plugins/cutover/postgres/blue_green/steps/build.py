"""Build: green with blue's schema and the migration's SQL, without rows and indexes yet; blue ready to be followed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cutover import points
from cutover.context import RunContext
from cutover.postgres.blue_green import fence, identity, making, publication, state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.tables import TableMap
from cutover.postgres.online import guard


def build(ctx: RunContext) -> dict[str, Any]:
    """Make green and publish blue. Interrupted anywhere it begins again with an empty green.

    :returns: ``{"tables": n, "followed": n, "roles": [made], "made_database": bool, "remarks": [for a person]}``.
    :raises GreenNotEmpty: somebody else's things are in green.
    :raises RolesMissing, SchemaNotRestored, UpFailed, MappingRefused: naming what stands in the way.
    """
    ends = Ends.of(ctx)
    with guard.alone(ctx, "build") as blue:
        state.prepare(blue)
        state.add(blue, ctx.run_id, ends.number, "blue", live=True, phase="building")
        made = making.database(ctx, ends, blue)
        with ends.open("green", "build") as green:
            there = state.find(green, ctx.run_id)
            if there and there.at_least("built"):
                return dict(there.detail["build"])
            making.begin(ctx, ends, green)

        def publish(tables: Sequence[TableMap]) -> None:
            """Rows that can be told apart before they are published, and a fence that is down."""
            identity.ensure(ctx, blue, tables)
            publication.ensure(blue, ends.names, "blue", tables)
            points.reach("bg.build.published")
            fence.prepare(ctx, blue, ends.names, up=False)

        publication.drop(
            blue, ends.names, "blue"
        )  # an earlier attempt's: the design is made from blue as it was before
        identity.restore(ctx, blue)
        figures = making.make(ctx, ends, blue, made, publish)
    making.tell(ctx, figures)
    return figures
