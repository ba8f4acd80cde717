"""Dump a schema and restore it elsewhere by pg_dump and pg_restore, also as a login that is no superuser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green.names import SCHEMA
from cutover.postgres.blue_green.programs import ProgramFailed, Programs

# Entries of an archive's list: made first, so that their owners can be let in; and not wanted: an extension's comment
# comes with it, and our own triggers belong to a run.
FIRST = re.compile(r"^\d+; \d+ \d+ (SCHEMA|EXTENSION) - ")
UNWANTED = re.compile(
    r"^\d+; \d+ \d+ (COMMENT - EXTENSION |PUBLICATION|SUBSCRIPTION|TRIGGER .* cutover_(fence|fill)_\d+ )"
)
SETTINGS = {"synchronous_commit": "off", "maintenance_work_mem": "256MB"}
# From 17 on pg_restore begins each session with a setting that older servers do not know: that error means nothing.
SETS_MORE_SINCE = 17
FAILED = re.compile(r"^pg_restore: error: ", re.MULTILINE)
NO_MATTER = re.compile(r"^Command was: SET transaction_timeout = 0;$", re.MULTILINE)


class SchemaNotRestored(CutoverError):
    """The schema could not be made again."""

    code = "BGR033"


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who owns something in ``schema`` (a schema itself: None). ``granted``: and may make something there."""

    schema: str | None
    owner: str
    granted: bool


@dataclass(frozen=True, slots=True)
class Archive:
    """A dumped schema, and who owns things in it."""

    file: Path
    owners: Sequence[Owner]


def dump(ctx: RunContext, programs: Programs, info: ConnectionInfo, file: Path, *options: str) -> Archive:
    """Dump the schema of ``info``'s database into ``file``, without our state and without publications.

    Waits half a minute at most for a table that somebody is changing.
    """
    with ctx.open(info, "dump") as db:
        owners = _owners(db)
    arguments = ("-Fc", "--schema-only", "--no-publications", "--no-subscriptions", "--lock-wait-timeout=30s")
    programs.run(ctx, "pg_dump", [*arguments, f"--exclude-schema={SCHEMA}", *options, "-f", file], info, "dump")
    return Archive(file, owners)


def restore(
    ctx: RunContext, programs: Programs, archive: Archive, info: ConnectionInfo, section: str | None = None
) -> None:
    """Restore the archive, or one of its sections, into ``info``'s database.

    :raises SchemaNotRestored: with what pg_restore said; the database is half filled then.
    """
    entries = _entries(ctx, programs, archive, section)
    first = [entry for entry in entries if FIRST.match(entry)]
    rest = [entry for entry in entries if not FIRST.match(entry)]
    with ctx.open(info, "restore") as db, _let_in(db, archive.owners, schemas=False):
        _restore(ctx, programs, archive, info, first)
        with _let_in(db, archive.owners, schemas=True):
            _restore(ctx, programs, archive, info, rest)


def restore_post_data(
    ctx: RunContext,
    programs: Programs,
    archive: Archive,
    info: ConnectionInfo,
    *,
    jobs: int,
    again: bool,
    meanwhile: Callable[[], None],
) -> str:
    """Restore what comes after the rows, ``jobs`` things at a time.

    :param again: some of it may be there already; what fails for that reason fails alone.
    :returns: with ``again`` what pg_restore complained of, which says nothing of what is missing now.
    :raises SchemaNotRestored: with what pg_restore said.
    """
    entries = _entries(ctx, programs, archive, "post-data")
    with ctx.open(info, "restore") as db, _let_in(db, archive.owners, schemas=True):
        try:
            _restore(ctx, programs, archive, info, entries, ("-j", str(jobs)), meanwhile, stop=not again)
        except SchemaNotRestored as error:
            if not again or not isinstance(error.__cause__, ProgramFailed) or not error.__cause__.said:
                raise
            return error.__cause__.said
    return ""


def _entries(ctx: RunContext, programs: Programs, archive: Archive, section: str | None) -> list[str]:
    chosen = [f"--section={section}"] if section else []
    listed = programs.run(ctx, "pg_restore", ["-l", *chosen, archive.file, "-f", "-"], None, "restore")
    return [line for line in listed.splitlines() if line[:1].isdigit() and not UNWANTED.match(line)]


def _restore(
    ctx: RunContext,
    programs: Programs,
    archive: Archive,
    info: ConnectionInfo,
    entries: Sequence[str],
    options: Sequence[str] = (),
    meanwhile: Callable[[], None] = lambda: None,
    *,
    stop: bool = True,
) -> None:
    if not entries:
        return
    chosen = archive.file.with_suffix(".list")
    chosen.write_text("\n".join(entries) + "\n")
    with ctx.open(info, "restore") as db:
        odd = programs.major >= SETS_MORE_SINCE > db.info.server_version // 10000
    try:
        first = ["--exit-on-error"] if stop and not odd else []
        arguments: list[str | Path] = [*first, *options, "-L", chosen, archive.file]
        programs.run(ctx, "pg_restore", arguments, info, "restore", SETTINGS, meanwhile)
    except ProgramFailed as error:
        if odd and harmless(error.said):
            return
        raise SchemaNotRestored(
            f"the schema cannot be made in {info.label()}: {error.what}",
            fix=f"give {info.user!r} what it lacks there, see docs/privileges.md; or change that object on blue.",
        ) from error


def harmless(said: str) -> bool:
    """Whether all that pg_restore complained of is a setting that the server is too old to know."""
    return 0 < len(FAILED.findall(said)) == len(NO_MATTER.findall(said))


def _owners(db: Db) -> list[Owner]:
    with db.cursor(row_factory=class_row(Owner)) as cursor:
        return cursor.execute(sqlfiles.text("blue_green/owners")).fetchall()  # type: ignore[arg-type]


@contextmanager
def _let_in(db: Db, owners: Sequence[Owner], *, schemas: bool) -> Iterator[None]:
    """Let owners make things in schemas (or schemas in the database) until the block ends.

    A login that is no superuser can hand an object only to somebody who could have made it there.
    """
    row = db.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    wanted = [] if row and row[0] else [owner for owner in owners if (owner.schema is not None) == schemas]
    there = {row[0] for row in db.execute("SELECT nspname FROM pg_namespace")}
    wanted = [owner for owner in wanted if owner.schema is None or owner.schema in there]
    for owner in wanted:
        _grant(db, sql.SQL("GRANT CREATE ON {} TO {}").format(_place(db, owner), sql.Identifier(owner.owner)))
    try:
        yield
    finally:
        for owner in wanted:
            if not owner.granted:
                db.execute(
                    sql.SQL("REVOKE CREATE ON {} FROM {}").format(_place(db, owner), sql.Identifier(owner.owner))
                )


def _grant(db: Db, statement: sql.Composed) -> None:
    try:
        db.execute(statement)
    except psycopg.errors.InsufficientPrivilege as error:
        database, user = sql.Identifier(db.info.dbname), sql.Identifier(db.info.user)
        raise SchemaNotRestored(
            f"{db.info.user!r} may not let owners make things in {db.info.dbname!r}: {error.diag.message_primary}.",
            fix=f"{statement.as_string(db)}; or ALTER DATABASE {database.as_string(db)} OWNER TO {user.as_string(db)}",
        ) from error


def _place(db: Db, owner: Owner) -> sql.Composed:
    if owner.schema is None:
        return sql.SQL("DATABASE {}").format(sql.Identifier(db.info.dbname))
    return sql.SQL("SCHEMA {}").format(sql.Identifier(owner.schema))
