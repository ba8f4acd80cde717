"""Green is made: its database, the schema that was designed for it, and what belongs to a database beside its schema.

Whoever makes it says what has to be done on blue before rows can go over; interrupted, it begins with an empty green.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cutover import points
from cutover.context import Db, RunContext
from cutover.postgres import maintenance, sessions, surroundings
from cutover.postgres.blue_green import (
    contents,
    ddl_watch,
    design,
    mapped,
    mapping,
    quiet,
    roles,
    state,
)
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.tables import TableMap


def database(ctx: RunContext, ends: Ends, blue: Db) -> bool:
    """Make the green database where there is none; returns whether this run has made it, now or before."""
    name = ends.info("green").dbname
    with maintenance.beside(ctx, ends.info("green"), "build") as db:
        if not maintenance.exists(db, name):
            state.put(blue, ctx.run_id, made_green=True)  # before it is: what was made must be known to be ours
            maintenance.make_like(db, name, blue)
            ctx.log.info("database %s is made, like %s", ends.info("green").label(), ends.info("blue").label())
    points.reach("bg.build.database")
    side = state.find(blue, ctx.run_id)
    return bool(side and side.detail.get("made_green"))


def begin(ctx: RunContext, ends: Ends, green: Db) -> None:
    """See that green is empty; what an earlier attempt of this run has left there is taken away.

    :raises GreenNotEmpty: somebody else's things are in it.
    """
    mine = state.find(green, ctx.run_id)
    if mine is None:
        contents.refuse_filled(ctx, green)
        installed = contents.extensions(green)
        state.prepare(green)
        with green.transaction():
            state.add(green, ctx.run_id, ends.number, "green", live=False, phase="building")
            state.put(green, ctx.run_id, extensions=installed)
        return
    for step in ("restore", "dump"):
        sessions.end(ctx, green, step)
    dropped = contents.wipe(green, mine.detail.get("extensions", []))
    ctx.log.info("an earlier attempt had begun to fill green: %d objects dropped, it begins again", dropped)


def make(
    ctx: RunContext,
    ends: Ends,
    blue: Db,
    made: bool,
    ready: Callable[[Sequence[TableMap]], None],
    *,
    followed: bool = True,
) -> dict[str, Any]:
    """Make green's schema as far as it comes before the rows.

    :param made: by :func:`database`. :param ready: makes blue ready, once it is known how its tables map.
    :param followed: green shall follow blue; otherwise rows only have to be copied, once.
    :returns: ``{"tables": n, "followed": n, "roles": [made], "made_database": bool, "remarks": [for a person]}``.
    :raises RolesMissing, SchemaNotRestored, UpFailed, MappingRefused: naming what stands in the way.
    """
    tools = design.fitting(ends)
    ddl_watch.remember(ctx, blue)
    with ends.open("green", "build") as green:
        new_roles, remarks = roles.ensure(blue, green)
    points.reach("bg.build.roles")
    design.make(ends, tools)
    points.reach("bg.build.designed")
    with design.opened(ends, "build") as db:
        tables = mapping.make(ctx.spec, mapped.look(blue), mapped.look(db), followed=followed)
    design.carry(ends, tools, "pre-data")
    points.reach("bg.build.restored")
    with ends.open("green", "build") as green:
        quiet.keep(green)
        remarks += surroundings.carry(blue, green, made=made)
    state.set_tables(blue, ctx.run_id, tables)
    ready(tables)
    figures = {
        "tables": len(tables),
        "followed": sum(table.followed for table in tables),
        "roles": new_roles,
        "made_database": made,
        "remarks": remarks,
    }
    with ends.open("green", "build") as green, green.transaction():
        state.set_tables(green, ctx.run_id, tables)
        state.put(green, ctx.run_id, build=figures)
        state.set_phase(green, ctx.run_id, "built")
    return figures


def tell(ctx: RunContext, figures: dict[str, Any]) -> None:
    """Say what was made, and what a person has to know of it."""
    ctx.log.info("green is built: %s tables, %s of them followed", figures["tables"], figures["followed"])
    for remark in figures["remarks"]:
        ctx.log.warning("%s", remark)
        ctx.journal.event(ctx.run_id, "build", remark)
