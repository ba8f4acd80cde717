"""Dump a schema and restore it elsewhere by pg_dump and pg_restore, also as a login that is no superuser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres import owning, toc
from cutover.postgres.blue_green.names import SCHEMA
from cutover.postgres.owning import Owner
from cutover.postgres.programs import ProgramFailed, Programs

SETTINGS = {"synchronous_commit": "off", "maintenance_work_mem": "256MB"}


class SchemaNotRestored(CutoverError):
    """The schema could not be made again."""

    code = "BGR033"


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
        owners = owning.look(db)
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
    first = [entry for entry in entries if toc.FIRST.match(entry)]
    rest = [entry for entry in entries if not toc.FIRST.match(entry)]
    with ctx.open(info, "restore") as db, owning.let_in(db, archive.owners, schemas=False):
        _restore(ctx, programs, archive, info, first)
        with owning.let_in(db, archive.owners, schemas=True):
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
    said = []
    with ctx.open(info, "restore") as db, owning.let_in(db, archive.owners, schemas=True):
        for part, at_once in toc.passes(entries):
            try:
                more = ("-j", str(jobs)) if at_once else ()
                _restore(ctx, programs, archive, info, part, more, meanwhile, stop=not again)
            except SchemaNotRestored as error:
                if not again or not isinstance(error.__cause__, ProgramFailed) or not error.__cause__.said:
                    raise
                said.append(error.__cause__.said)
    return "\n".join(said)


def _entries(ctx: RunContext, programs: Programs, archive: Archive, section: str | None) -> list[str]:
    chosen = [f"--section={section}"] if section else []
    listed = programs.run(ctx, "pg_restore", ["-l", *chosen, archive.file, "-f", "-"], None, "restore")
    return [line for line in listed.splitlines() if line[:1].isdigit() and not toc.UNWANTED.match(line)]


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
        odd = programs.major >= toc.SETS_MORE_SINCE > db.info.server_version // 10000
    try:
        first = ["--exit-on-error"] if stop and not odd else []
        arguments: list[str | Path] = [*first, *options, "-L", chosen, archive.file]
        programs.run(ctx, "pg_restore", arguments, info, "restore", SETTINGS, meanwhile)
    except ProgramFailed as error:
        if odd and toc.harmless(error.said):
            return
        raise SchemaNotRestored(
            f"the schema cannot be made in {info.label()}: {error.what}",
            fix=f"give {info.user!r} what it lacks there, see docs/privileges.md; or change that object on blue.",
        ) from error
