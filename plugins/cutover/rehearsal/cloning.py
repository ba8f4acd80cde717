"""Make the databases of a rehearsal: copies of staging, or a rollback point restored there, without sensitive data."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import psycopg

from cutover import points, sqlfiles
from cutover.connections import ConnectionInfo, Resolver
from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres import maintenance, sessions, surroundings
from cutover.postgres.backup import Vault, check, listing, restore
from cutover.postgres.backup.counting import counted
from cutover.postgres.maintenance import DatabaseNotMade
from cutover.postgres.task import Task
from cutover.rehearsal import fastest, sensitive
from cutover.rehearsal.staging import Place, databases
from cutover.spec.models import Migration

STEP = "clone"


class TemplateInUse(CutoverError):
    """A staging database cannot be copied, because somebody is connected to it."""

    code = "REH003"


class NoPoint(CutoverError):
    """There is no rollback point to make a copy from."""

    code = "REH005"


def make(
    ctx: Task,
    spec: Migration,
    places: Mapping[str, Place],
    resolve: Resolver,
    *,
    vault: Vault | None = None,
    live: str | None = None,
    patience: float = fastest.PATIENCE,
) -> dict[str, Any]:
    """Make every database that is to be a copy, anew where an earlier attempt has made it; return figures.

    :param resolve: of the stand-ins themselves, as they are defined.
    :param vault: of rollback points, where the copy is made from one of the database called ``live``.
    :returns: ``{"databases": {conn_id: {"database", "how", "bytes", "seconds"}}, "masked": {table: rows}}``.
    :raises TemplateInUse, DatabaseNotMade, NotMasked, NoPoint: nothing of that copy is left then.
    """
    figures: dict[str, Any] = {"databases": {}, "masked": {}}
    for conn_id in databases(spec):
        place = places[conn_id]
        if place.dbname is None:
            continue
        began, origin = time.monotonic(), resolve(place.conn_id)
        into = replace(origin, dbname=place.dbname)
        from_point = conn_id == spec.source and spec.rehearse.clone == "point"
        with maintenance.beside(ctx, origin, STEP) as db:
            if conn_id == spec.target and not maintenance.exists(db, origin.dbname):
                continue  # as in production: the run itself makes it
            sessions.end(ctx, db, STEP)  # a killed attempt's, that may still be copying
            maintenance.drop(db, into.dbname)
            points.reach("rehearsal.clone")
            how = (
                _restored(ctx, db, spec, into, vault, live) if from_point else _copied(ctx, db, origin, into, patience)
            )
        points.reach("rehearsal.cloned")
        with ctx.open(into, STEP) as copy:
            if conn_id == spec.source:
                figures["masked"] = _without(ctx, copy, spec, into)
            size = copy.execute("SELECT pg_database_size(current_database())").fetchone()
        seconds, number = round(time.monotonic() - began, 3), int(size[0]) if size else 0
        figures["databases"][conn_id] = {"database": into.dbname, "how": how, "bytes": number, "seconds": seconds}
        ctx.log.info("%s is a copy of %s (%s, %.1f s)", into.label(), origin.dbname, how, seconds)
    return figures


def _copied(ctx: Task, db: Db, origin: ConnectionInfo, into: ConnectionInfo, patience: float) -> str:
    with ctx.open(origin, STEP) as template:
        around = surroundings.look(template)
    try:
        how = fastest.copy(ctx, db, into.dbname, origin.dbname, patience=patience)
    except DatabaseNotMade as error:
        if not isinstance(error.__cause__, psycopg.errors.ObjectInUse):
            raise
        who = "; ".join(row[0] for row in db.execute(sqlfiles.text("rehearsal/connected").encode(), (origin.dbname,)))
        raise TemplateInUse(
            f"{origin.label()} cannot be copied: somebody is connected to it ({who or 'nobody any more'}).",
            fix="let nothing be connected to it at night, or rehearse: {clone: point} in the migration's spec.",
        ) from error
    with ctx.open(into, STEP) as copy:
        for remark in surroundings.give(copy, replace(around, owner=str(origin.user)), made=False):
            ctx.log.warning("%s: %s", into.dbname, remark)
    return how


def _restored(ctx: Task, db: Db, spec: Migration, into: ConnectionInfo, vault: Vault | None, live: str | None) -> str:
    found = [each for each in listing(vault.store, live) if each.kind == "full"] if vault and live else []
    if not found or vault is None:
        raise NoPoint(
            f"there is no rollback point or backup of {live!r} to make a copy from.",
            fix="take one (python -m cutover backup), or rehearse: {clone: template}.",
        )
    manifest = check(vault.store, found[0].name, vault.identity, expects=None, ctx=ctx)
    maintenance.make_with(db, into.dbname, manifest.locale)
    restore(ctx, vault.store, manifest, vault.identity, into, workers=spec.backup.workers, whole=False)
    counted(ctx, into, manifest)
    return f"rollback point {manifest.name}"


def _without(ctx: Task, copy: Db, spec: Migration, into: ConnectionInfo) -> dict[str, int]:
    """Take sensitive data out. A copy that still has them is dropped at once."""
    try:
        return sensitive.take_out(ctx, copy, spec)
    except BaseException:
        copy.close()
        with maintenance.beside(ctx, into, STEP) as db:
            maintenance.drop(db, into.dbname)
        raise
