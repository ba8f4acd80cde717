"""Build: green with blue's schema and the migration's SQL, without rows and indexes yet; blue ready to be followed."""

from __future__ import annotations

from typing import Any

from cutover import points
from cutover.context import Db, RunContext
from cutover.postgres import maintenance, sessions, surroundings
from cutover.postgres.blue_green import (
    contents,
    ddl_watch,
    design,
    fence,
    identity,
    mapped,
    mapping,
    publication,
    quiet,
    roles,
    state,
)
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
        made = _green(ctx, ends, blue)
        with ends.open("green", "build") as green:
            there = state.find(green, ctx.run_id)
            if there and there.at_least("built"):
                return dict(there.detail["build"])
            _begin(ctx, ends, green)
        figures = _make(ctx, ends, blue, made)
    ctx.log.info("green is built: %s tables, %s of them followed", figures["tables"], figures["followed"])
    for remark in figures["remarks"]:
        ctx.log.warning("%s", remark)
        ctx.journal.event(ctx.run_id, "build", remark)
    return figures


def _green(ctx: RunContext, ends: Ends, blue: Db) -> bool:
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


def _begin(ctx: RunContext, ends: Ends, green: Db) -> None:
    """See that green is empty; what an earlier attempt of this run has left there is taken away."""
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


def _make(ctx: RunContext, ends: Ends, blue: Db, made: bool) -> dict[str, Any]:
    tools = design.fitting(ends)
    publication.drop(blue, ends.names, "blue")  # an earlier attempt's: the design is made from blue as it was before
    identity.restore(ctx, blue)
    ddl_watch.remember(ctx, blue)
    with ends.open("green", "build") as green:
        new_roles, remarks = roles.ensure(blue, green)
    points.reach("bg.build.roles")
    design.make(ends, tools)
    points.reach("bg.build.designed")
    tables = _map(ctx, ends, blue)
    design.carry(ends, tools, "pre-data")
    points.reach("bg.build.restored")
    with ends.open("green", "build") as green:
        quiet.keep(green)
        remarks += surroundings.carry(blue, green, made=made)
    _publish(ctx, ends, blue, tables)
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


def _map(ctx: RunContext, ends: Ends, blue: Db) -> list[TableMap]:
    with design.opened(ends, "build") as db:
        return mapping.make(ctx.spec, mapped.look(blue), mapped.look(db))


def _publish(ctx: RunContext, ends: Ends, blue: Db, tables: list[TableMap]) -> None:
    """Make blue ready: rows that can be told apart before they are published, and a fence that is down."""
    state.set_tables(blue, ctx.run_id, tables)
    identity.ensure(ctx, blue, tables)
    publication.ensure(blue, ends.names, "blue", tables)
    points.reach("bg.build.published")
    fence.prepare(ctx, blue, ends.names, up=False)
