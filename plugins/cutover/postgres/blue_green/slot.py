"""Logical replication slots: made, looked at, and taken away together with whoever is reading from them."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from cutover.context import Db
from cutover.errors import CutoverError


class SlotInUse(CutoverError):
    """Something keeps reading from a slot that is to be dropped."""

    code = "BGR022"


class SlotNotMade(CutoverError):
    """The server could not make a slot."""

    code = "BGR023"


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot as the server shows it. ``wal_status``: ``lost`` when the server has removed WAL that it needed."""

    name: str
    database: str | None
    plugin: str | None
    active_pid: int | None
    wal_status: str | None
    confirmed: str | None


def find(db: Db, name: str) -> Slot | None:
    """Return the slot ``name`` of this server, if there is one."""
    with db.cursor(row_factory=class_row(Slot)) as cursor:
        return cursor.execute(
            "SELECT slot_name AS name, database, plugin, active_pid, wal_status, confirmed_flush_lsn::text AS confirmed"
            " FROM pg_replication_slots WHERE slot_name = %s",
            (name,),
        ).fetchone()


def ensure(db: Db, name: str) -> None:
    """Make the slot for the database that ``db`` is a session of; one that is there already is left as it is.

    Waits for the transactions that are writing at that moment; ``db``'s own limits bound the wait.

    :raises SlotNotMade: the server refuses, or the name is taken in another database.
    """
    there = find(db, name)
    if there is None:
        try:
            db.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", (name,))
            return
        except (psycopg.errors.ProgrammingError, psycopg.errors.OperationalError) as error:
            if isinstance(error, psycopg.errors.QueryCanceled) or not error.diag.message_primary:
                raise
            raise not_made(db, name, error) from error
    if there.database != db.info.dbname or there.plugin != "pgoutput" or there.wal_status == "lost":
        raise SlotNotMade(
            f"slot {name} is there already and of no use: database {there.database!r}, plugin {there.plugin!r},"
            f" WAL {there.wal_status}.",
            fix=f"SELECT pg_drop_replication_slot('{name}'), then run the step again.",
        )


def not_made(db: Db, name: str, error: psycopg.Error) -> SlotNotMade:
    """Return the error that says why, and what mends it."""
    fixes: dict[type[psycopg.Error], str] = {
        psycopg.errors.InsufficientPrivilege: f'ALTER ROLE "{db.info.user}" REPLICATION',
        psycopg.errors.ConfigurationLimitExceeded: "raise max_replication_slots, or drop slots that nobody uses.",
        psycopg.errors.ObjectNotInPrerequisiteState: "ALTER SYSTEM SET wal_level = logical, then restart the server.",
    }
    return SlotNotMade(
        f"slot {name} cannot be made in {db.info.dbname!r} on {db.info.host}:{db.info.port}:"
        f" {error.diag.message_primary or error}.",
        fix=next((fix for kind, fix in fixes.items() if isinstance(error, kind)), None),
    )


def drop(db: Db, name: str, *, patience: float = 30) -> None:
    """Drop the slot where it exists; a walsender that reads from it is ended first.

    :raises SlotInUse: something comes back to it again and again for ``patience`` seconds: disable or drop the
        subscription first.
    """
    ends = time.monotonic() + patience
    while (there := find(db, name)) is not None:
        if there.active_pid is not None:
            db.execute("SELECT pg_terminate_backend(%s, 2000)", (there.active_pid,))
        try:
            db.execute("SELECT pg_drop_replication_slot(%s)", (name,))
        except psycopg.errors.UndefinedObject:
            return
        except psycopg.errors.ObjectInUse:
            if time.monotonic() > ends:
                raise SlotInUse(
                    f"slot {name} on {db.info.host}:{db.info.port} is in use by pid {there.active_pid}.",
                    fix="disable the subscription that reads from it, then run the step again.",
                ) from None
            time.sleep(0.05)
