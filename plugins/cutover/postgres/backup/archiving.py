"""The archives of a rollback point: how pg_dump is called for each, and its stream into the store."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cutover import points
from cutover.errors import CutoverError
from cutover.postgres.backup import sealed
from cutover.postgres.backup.manifest import Kind, Part
from cutover.postgres.backup.snapshot import Held, Table, blockers
from cutover.postgres.backup.store import Store
from cutover.postgres.backup.streams import Stream, pattern
from cutover.postgres.contents import STATE_SCHEMA
from cutover.postgres.programs import ProgramFailed, Programs
from cutover.postgres.task import Task

STEP = "backup"
# Whoever wants to change a table waits for our snapshot, and our other sessions would wait behind him.
WAIT = "--lock-wait-timeout=30s"


class DumpFailed(CutoverError):
    """pg_dump could not read the database."""

    code = "BAK022"


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive to be made: what it holds, pg_dump's arguments for it, and its big tables."""

    name: str
    holds: str
    arguments: tuple[str, ...]
    tables: tuple[Table, ...] = ()


def plan(held: Held, streams: Sequence[Stream], kind: Kind) -> list[Archive]:
    """Return all archives, the longest first; large objects have one of their own, since they can be of any size."""
    left_out = [f"--exclude-table-data={pattern(table)}" for stream in streams for table in stream.tables]
    main = ["--schema-only"] if kind == "schema" else ["--no-blobs", *left_out]
    found = [
        Archive(
            f"data-{n:03d}.age",
            "data",
            ("--data-only", *(f"--table={pattern(t)}" for t in stream.tables)),
            stream.tables,
        )
        for n, stream in enumerate(streams, 1)
    ]
    if kind == "full" and held.about["large_objects"]:
        found.append(Archive("large-objects.age", "large_objects", ("--data-only", "--blobs", "--exclude-table=*.*")))
    # The one that locks everything goes first: it is short, and what keeps it from a table shows at once.
    return [Archive("main.age", "main", (f"--exclude-schema={STATE_SCHEMA}", *main)), *found]


def dump(ctx: Task, tools: Programs, held: Held, archive: Archive, point: str, store: Store, to: Sequence[Any]) -> Part:
    """Make one archive and store it, encrypted.

    :raises DumpFailed: with what pg_dump said, and who was in its way.
    """
    common = ("-Fc", compress(tools)[1], f"--snapshot={held.id}", WAIT)
    try:
        with tools.reading(ctx, "pg_dump", [*common, *archive.arguments], held.info, STEP) as stream:
            found = sealed.put(store, f"{point}/{archive.name}", stream, to)
            points.reach(f"backup.stored.{archive.holds}")
    except ProgramFailed as error:
        raise _explained(ctx, held, error) from error
    return Part(archive.name, archive.holds, found.size, found.sha256, found.plain)


def compress(tools: Programs) -> tuple[str, str]:
    """Return the name of the compression and pg_dump's argument for it: zstd where that build has it, else gzip."""
    return ("zstd", "--compress=zstd:1") if _knows_zstd(tools.folder, tools.major) else ("gzip", "-Z1")


@cache
def _knows_zstd(folder: Path, major: int) -> bool:
    if major < 16:
        return False
    # It looks at this before it looks for a server; there is none in a folder that does not exist.
    asked = subprocess.run(
        [folder / "pg_dump", "-Fc", "--compress=zstd:1", "-h", "/nonexistent/cutover", "-d", "x"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={"LC_ALL": "C"},
    )
    return "not support" not in asked.stderr


def _explained(ctx: Task, held: Held, error: ProgramFailed) -> DumpFailed:
    who = ""
    fix = "see what it says above; mend that, then run the step again."
    if "lock" in error.said:
        who = f" In the way: {blockers(ctx, held.info, held.tables)}."
        fix = "SELECT pg_terminate_backend(<pid>) or wait for it, then run the step again."
    elif "permission denied" in error.said or "row-level security" in error.said:
        fix = f"give {held.info.user!r} what include/sql/roles/backup.sql grants; see docs/privileges.md."
    return DumpFailed(f"the dump failed: {error.what}.{who}", fix=fix)
