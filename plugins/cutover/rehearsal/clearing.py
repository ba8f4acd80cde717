"""Remove whatever a rehearsal has made, however it ended; safe to do again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import psycopg
from psycopg import sql

from cutover import sqlfiles
from cutover.connections import ConnectionInfo, Resolver
from cutover.context import Db
from cutover.errors import CutoverError
from cutover.journal.records import TERMINAL, Rehearsal
from cutover.journal.store import Journal
from cutover.postgres import maintenance
from cutover.postgres.backup import Store, listing
from cutover.postgres.backup import names as backup_names
from cutover.postgres.task import Task
from cutover.rehearsal.staging import Place, databases, places_of
from cutover.routing import Place as RoutedPlace
from cutover.routing import open_router
from cutover.spec.models import Migration

STEP = "clear"
OVER = "the rehearsal is over, and its databases are gone"
# Databases that a run makes beside the one that it migrates: the scratch database of a design, a restored rollback
# point, and what such a point has replaced.


class NotCleared(CutoverError):
    """Something that a rehearsal has made could not be removed."""

    code = "REH006"


def clear(
    ctx: Task,
    journal: Journal,
    rehearsal: Rehearsal,
    resolve: Resolver,
    *,
    open_store: Callable[[ConnectionInfo], Store] | None = None,
) -> dict[str, Any]:
    """End a rehearsal's runs, lead its clients back, drop its databases and rollback points, give back its places.

    :param resolve: of the stand-ins themselves, as they are defined.
    :returns: ``{"dropped": [database], "points": [name]}``.
    :raises NotCleared: naming all that is left; the next night tries again.
    """
    spec, places = Migration.from_snapshot(rehearsal.spec), places_of(rehearsal.places)
    runs = journal.runs_of_rehearsal(rehearsal.rehearsal_id)
    for run in runs:
        if run.state not in TERMINAL:
            # Its tasks stop at that, and nobody looks after it any more.
            journal.set_state(run.run_id, "aborted", reason=OVER)
    done: dict[str, Any] = {"dropped": [], "points": []}
    troubles: list[str] = []

    def attempt(what: str, work: Callable[[], Any]) -> None:
        try:
            work()
        except (CutoverError, psycopg.Error, OSError) as error:
            troubles.append(f"{what}: {str(error).strip().splitlines()[0]}")

    if spec.router and (router := places.get(spec.router)) and router.led:
        attempt(f"the router {router.conn_id}", partial(_lead_back, resolve, router))
    numbers = [run.number for run in runs]
    for conn_id in databases(spec):
        place = places.get(conn_id)
        if place is not None:
            attempt(place.conn_id, partial(_drop, ctx, resolve, place, numbers, done["dropped"]))
    if open_store is not None and numbers:
        clones = [place.dbname for place in places.values() if place.dbname]
        attempt("rollback points", partial(_discard, resolve, spec, clones, open_store, done["points"]))
    if troubles:
        raise NotCleared(
            f"rehearsal {rehearsal.rehearsal_id!r} has left something behind: {'; '.join(troubles)}.",
            fix="mend that, then clear the task `clean_up`; the next night tries again, too.",
        )
    journal.let_go(rehearsal.rehearsal_id)
    journal.note_rehearsal(rehearsal.rehearsal_id, cleared=True)
    return done


def _lead_back(resolve: Resolver, place: Place) -> None:
    router = open_router(resolve(place.conn_id))
    try:
        router.point(RoutedPlace(**(place.led or {})))
        router.admit()
    finally:
        router.close()


def _drop(ctx: Task, resolve: Resolver, place: Place, numbers: Iterable[int], dropped: list[str]) -> None:
    """Drop a copy, and what the rehearsal's runs have made beside it on its server."""
    info = resolve(place.conn_id)
    with maintenance.beside(ctx, info, STEP) as db:
        names = [place.dbname] if place.dbname else []
        for number in numbers:
            what = {"run": number, "copy": place.dbname or info.dbname}
            names += [row[0] for row in db.execute(sqlfiles.text("rehearsal/beside").encode(), what)]
        for name in names:
            if maintenance.exists(db, name):
                _let_go(ctx, replace(info, dbname=name))
                _drop_slots(db, name)
                maintenance.drop(db, name)
                dropped.append(name)


def _let_go(ctx: Task, info: ConnectionInfo) -> None:
    """Drop subscriptions without a word to the other side, whose slots go with its database."""
    with ctx.open(info, STEP, lock_timeout="30s") as db:
        rows = db.execute(
            "SELECT s.subname::text FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid"
            " WHERE d.datname = current_database()"
        ).fetchall()
        for (name,) in rows:
            for text in ("ALTER SUBSCRIPTION {} DISABLE", "ALTER SUBSCRIPTION {} SET (slot_name = NONE)"):
                db.execute(sql.SQL(text).format(sql.Identifier(name)))  # type: ignore[arg-type]
            db.execute(sql.SQL("DROP SUBSCRIPTION {}").format(sql.Identifier(name)))


def _drop_slots(db: Db, name: str) -> None:
    """A database with slots cannot be dropped; whoever reads them is ended."""
    rows = db.execute("SELECT slot_name::text, active_pid FROM pg_replication_slots WHERE database = %s", (name,))
    for slot, pid in rows.fetchall():
        if pid is not None:
            db.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))
        db.execute("SELECT pg_drop_replication_slot(%s)", (slot,))


def _discard(
    resolve: Resolver,
    spec: Migration,
    clones: Iterable[str],
    open_store: Callable[[ConnectionInfo], Store],
    gone: list[str],
) -> None:
    """Delete the rollback points of the copies: no retention ever would, since each is the last one of its database."""
    if spec.strategy != "stop_the_world" and not spec.backup.take:
        return
    store = open_store(resolve(spec.backup.store))
    for clone in clones:
        for manifest in listing(store, clone):
            store.delete([backup_names.manifest(manifest.name)])
            store.delete(store.names(f"{manifest.name}/"))
            gone.append(manifest.name)
        store.delete(store.names(backup_names.folder(backup_names.POINTS, clone)))
