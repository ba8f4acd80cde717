"""The new schema, designed in a scratch database of green's server: blue's schema, and the migration's own SQL on it.

The SQL runs there on empty tables with all their constraints, as its author knows them. Green is made from the result
in two parts, with the rows in between; and it can be compared with the result until the run is finalized.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
from psycopg import sql

from cutover.connections import ConnectionInfo
from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres import contents, maintenance, programs
from cutover.postgres.blue_green import restore
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SCHEMA
from cutover.postgres.programs import Programs


class UpFailed(CutoverError):
    """The spec's ``schema: up`` does not run on blue's schema."""

    code = "BGR034"


def info(ends: Ends) -> ConnectionInfo:
    """Return where the design is."""
    return replace(ends.info("green"), dbname=ends.names.design)


def fitting(ends: Ends) -> Programs:
    """Return client programs that are new enough for both servers."""
    with ends.open("blue", "programs") as blue, ends.open("green", "programs") as green:
        return programs.find(blue.info.server_version, green.info.server_version)


@contextmanager
def folder() -> Iterator[Path]:
    """Yield a folder for archives that only this account can enter."""
    with tempfile.TemporaryDirectory(prefix="cutover-") as name:
        yield Path(name)


def make(ends: Ends, tools: Programs) -> None:
    """Make the design anew.

    :raises SchemaNotRestored: green's server, or the login there, cannot take blue's schema.
    :raises UpFailed: the migration's SQL does not run on it.
    """
    drop(ends)
    with ends.open("green", "design") as green:
        installed = contents.extensions(green)
    with maintenance.beside(ends.ctx, ends.info("green"), "design") as db:
        if installed:  # by somebody who may; a copy has them as well
            maintenance.make_copy(ends.ctx, db, ends.names.design, ends.info("green").dbname)
        else:
            with ends.open("green", "design") as green:
                maintenance.make_like(db, ends.names.design, green)
    with ends.ctx.open(info(ends), "design") as db:
        db.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(SCHEMA)))
    with folder() as place:
        archive = restore.dump(ends.ctx, tools, ends.info("blue"), place / "blue.dump")
        restore.restore(ends.ctx, tools, archive, info(ends))
    _up(ends)


def carry(ends: Ends, tools: Programs, section: str) -> None:
    """Restore one section of the design into green."""
    with folder() as place:
        archive = restore.dump(ends.ctx, tools, info(ends), place / "design.dump")
        restore.restore(ends.ctx, tools, archive, ends.info("green"), section)


def drop(ends: Ends) -> bool:
    """Drop the design where it exists; returns whether it did."""
    with maintenance.beside(ends.ctx, ends.info("green"), "design") as db:
        there = maintenance.exists(db, ends.names.design)
        if there:
            maintenance.drop(db, ends.names.design)
    return there


@contextmanager
def opened(ends: Ends, step: str) -> Iterator[Db]:
    """Open a session in the design."""
    with ends.ctx.open(info(ends), step) as db:
        yield db


def _up(ends: Ends) -> None:
    text = ends.ctx.spec.up_sql
    if not text:
        return
    try:
        with opened(ends, "up") as db, db.transaction():
            db.execute("SET LOCAL search_path = public")
            db.execute(text.encode())
    except psycopg.Error as error:
        more = " ".join(part for part in (error.diag.message_detail, error.diag.context) if part)
        raise UpFailed(
            f"schema: up fails on the new schema: {error.diag.message_primary or error}{f' ({more})' if more else ''}.",
            fix="correct the file that schema: up: names; it runs in one transaction, on empty tables.",
        ) from error
