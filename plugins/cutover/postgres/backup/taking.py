"""Take a rollback point: everything of one snapshot of a database, encrypted on its way into a store."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from functools import partial
from typing import Any

from psycopg import sql

from cutover import points, sqlfiles
from cutover.connections import ConnectionInfo
from cutover.errors import CutoverError
from cutover.postgres import maintenance, owning, programs, surroundings
from cutover.postgres.backup import archiving, names, sealed, streams, telling
from cutover.postgres.backup.archiving import STEP
from cutover.postgres.backup.beside import Beside
from cutover.postgres.backup.crew import together
from cutover.postgres.backup.halves import clear_own
from cutover.postgres.backup.manifest import Counted, Kind, Manifest, Part, Proved
from cutover.postgres.backup.progress import Watching, watching
from cutover.postgres.backup.snapshot import Held, hold, unhurried
from cutover.postgres.backup.store import Store
from cutover.postgres.programs import Programs
from cutover.postgres.rowdiff.session import snapshot
from cutover.postgres.task import Task

# Shows that a point leads back to the snapshot that it was taken from, while that is still held.
Proof = Callable[[Task, Manifest, Held], Proved]


@dataclass(frozen=True, slots=True)
class _Order:
    """One point that is being taken. ``to``: public keys."""

    ctx: Task
    held: Held
    store: Store
    to: Sequence[Any]
    name: str
    kind: Kind
    workers: int


def take(
    ctx: Task,
    info: ConnectionInfo,
    store: Store,
    recipients: Sequence[Any],
    *,
    name_prefix: str = names.POINTS,
    run_id: str | None = None,
    migration: str | None = None,
    kind: Kind = "full",
    workers: int = 2,
    keep: timedelta | None = None,
    note: str = "",
    proof: Proof | None = None,
) -> Manifest:
    """Take a rollback point of the database of ``info``; writers are not held up.

    What an attempt of the same run that was interrupted has left in the store is cleared away first.

    :param run_id: the run that it belongs to; None: somebody wants a backup.
    :param kind: ``schema`` leaves all rows out.
    :param workers: programs at a time.
    :param keep: it is not retired before; None: as its prefix is.
    :param proof: called before the manifest is written, that is before the point counts; see :mod:`proving`.
    :raises TablesLocked, NotReadable, DumpFailed, NotStored: nothing that looks like a rollback point is left then.
    """
    began = time.monotonic()
    if run_id:
        clear_own(store, name_prefix, info.dbname, run_id)
    with hold(ctx, info, STEP) as held:
        order = _Order(ctx, held, store, recipients, _name(store, name_prefix, held, run_id), kind, workers)
        ctx.log.info("rollback point %s: %d tables as of %s", order.name, len(held.tables), held.at.isoformat())
        try:
            parts, tables = _parts(order)
            found = _manifest(order, parts, tables)
            ended = held.at + (keep or timedelta(0))
            found = replace(
                found,
                run_id=run_id,
                migration=migration,
                note=note,
                seconds=round(time.monotonic() - began, 3),
                keep_until=ended.astimezone(UTC).isoformat() if keep else None,
            )
            if proof:
                found = replace(found, proved=proof(ctx, found, held))
            points.reach("backup.manifest")
            _write(store, found)
        except BaseException:
            with suppress(CutoverError, OSError):  # the next retire clears it away
                store.delete(store.names(f"{order.name}/"))
            raise
    telling.taken(ctx, found, store)
    return found


def _name(store: Store, prefix: str, held: Held, run_id: str | None) -> str:
    again = 0
    while store.names(name := names.of(prefix, held.about["dbname"], run_id, held.at, again)):
        again += 1
    return name


def _parts(order: _Order) -> tuple[list[Part], list[Counted]]:
    """Make everything at a time; the counts come last, when the big tables are in the server's memory."""
    held = order.held
    tools = programs.find(held.about["server_version"])
    full = order.kind == "full"
    archives = archiving.plan(held, streams.plan(held.tables, order.workers) if full else [], order.kind)
    with watching(order.ctx, held) as watch:
        jobs: list[Callable[[Task], Any]] = [partial(_archive, order, tools, archive, watch) for archive in archives]
        jobs.append(partial(_database, order, archives))
        if full:
            jobs.append(partial(_counts, held))
        done = together(order.ctx, jobs, order.workers)
        tables: list[Counted] = done.pop() if full else []
        watch.finish(sum(table.rows for table in tables))
    return list(done), tables


def _archive(order: _Order, tools: Programs, archive: archiving.Archive, watch: Watching, task: Task) -> Part:
    part = archiving.dump(task, tools, order.held, archive, order.name, order.store, order.to)
    watch.over(archive.tables)
    return part


def _database(order: _Order, archives: Sequence[archiving.Archive], task: Task) -> Part:
    """What no archive has. Settings of a database may hold secrets, so it is encrypted like everything else."""
    big = {archive.name: [table.oid for table in archive.tables] for archive in archives if archive.tables}
    oids = [oid for found in big.values() for oid in found]
    with task.open(order.held.info, STEP) as db, snapshot(db, shared=order.held.id):
        body = Beside(
            surroundings.look(db),
            owning.look(db),
            big,
            dict(db.execute(sqlfiles.text("backup/built"), {"oids": oids}).fetchall()),  # type: ignore[arg-type]
        )
    found = sealed.put(order.store, f"{order.name}/database.age", io.BytesIO(body.to_json()), order.to)
    return Part("database.age", "database", found.size, found.sha256, found.plain)


def _counts(held: Held, task: Task) -> list[Counted]:
    """Count all rows of the snapshot, on a session of its own."""
    found = []
    with task.open(held.info, f"{STEP}-count", idle_in_transaction_session_timeout="0") as db:
        unhurried(db)
        db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        db.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(held.id)))
        for table in held.tables:
            row = db.execute(sql.SQL("SELECT count(*) FROM ONLY {}").format(table.identifier)).fetchone()
            assert row is not None, "an aggregate has one row"
            found.append(Counted(table.schema, table.name, int(row[0])))
    return found


def _manifest(order: _Order, parts: Sequence[Part], tables: Sequence[Counted]) -> Manifest:
    about, tools = order.held.about, programs.find(order.held.about["server_version"])
    return Manifest(
        name=order.name,
        kind=order.kind,
        database=order.held.info.label(),
        system=about["system"],
        dbname=about["dbname"],
        run_id=None,
        migration=None,
        taken_at=order.held.at.astimezone(UTC).isoformat(),
        lsn=order.held.lsn,
        server_version=about["server_version"],
        program_version=tools.major,
        compression=archiving.compress(tools)[0],
        encoding=about["encoding"],
        locale=maintenance.locale(order.held.db),
        owner=about["owner"],
        recipients=tuple(str(each) for each in order.to),
        parts=tuple(parts),
        tables=tuple(tables),
        database_bytes=about["bytes"],
        seconds=0.0,
    )


def _write(store: Store, manifest: Manifest) -> None:
    """The last thing that is written: from now on the point counts."""
    store.put(names.manifest(manifest.name), io.BytesIO(manifest.to_json()))
