"""Where a run of double writing stands, kept in the database that it changes: true also when the journal is away."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres.dual_write.names import SCHEMA

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('cutover.dual', 0))"


class NotBegun(CutoverError):
    """A step needs something that an earlier one makes."""

    code = "DUA003"


@dataclass(frozen=True, slots=True)
class State:
    """One run.

    :ivar up_done: the new tables are there. :ivar filled: every row of before has been derived.
    :ivar live: which side takes the application's writes, ``old`` or ``new``; the other one follows.
    """

    run_id: str
    number: int
    up_done: bool
    filled: bool
    live: str


def prepare(db: Db, run_id: str, number: int) -> State:
    """Make the schema and the run's row, where they are missing."""
    with db.transaction():
        db.execute(LOCK)
        db.execute(sqlfiles.text("dual_write/state").encode())
        db.execute(
            "INSERT INTO cutover_dual.run (run_id, number) VALUES (%s, %s) ON CONFLICT DO NOTHING", (run_id, number)
        )
    return get(db, run_id)


def find(db: Db, run_id: str) -> State | None:
    """Return what there is of a run; None where nothing is."""
    try:
        with db.transaction(), db.cursor(row_factory=class_row(State)) as cursor:
            query = "SELECT run_id, number, up_done, filled, live FROM cutover_dual.run WHERE run_id = %s"
            return cursor.execute(query, (run_id,)).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return None


def get(db: Db, run_id: str) -> State:
    """:raises NotBegun: nothing of the run is here."""
    found = find(db, run_id)
    if found is None:
        raise NotBegun(
            f"run {run_id!r} has built nothing in {db.info.dbname!r} yet.", fix="run its step `build` first."
        )
    return found


def mark(db: Db, run_id: str, **values: bool | str) -> None:
    """Write down how far it is; in the caller's transaction, if there is one."""
    for name, value in values.items():
        column = sql.Identifier(name)
        db.execute(sql.SQL("UPDATE cutover_dual.run SET {} = %s WHERE run_id = %s").format(column), (value, run_id))


def forget(db: Db, run_id: str) -> None:
    """Delete a run's row, and the schema with the last one. Idempotent."""
    with db.transaction():
        db.execute(LOCK)
        there = find_table(db, "run")
        if there:
            db.execute("DELETE FROM cutover_dual.run WHERE run_id = %s", (run_id,))  # and its foreign keys
        others = db.execute(sqlfiles.text("dual_write/runs_tables").encode(), (SCHEMA,)).rowcount
        if not others and not (there and db.execute("SELECT FROM cutover_dual.run LIMIT 1").rowcount):
            db.execute("DROP SCHEMA IF EXISTS cutover_dual CASCADE")


def find_table(db: Db, name: str) -> bool:
    """Whether there is a table of ours with this name."""
    row = db.execute("SELECT to_regclass(%s) IS NOT NULL", (f"{SCHEMA}.{name}",)).fetchone()
    return bool(row and row[0])
