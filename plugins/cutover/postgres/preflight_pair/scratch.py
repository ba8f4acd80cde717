"""A scratch database on green's server with blue's schema in it, empty: made for a look, dropped after it."""

from __future__ import annotations

import contextlib
import re
import secrets
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
from psycopg import sql

from cutover.connections import ConnectionInfo
from cutover.context import Db, RunContext
from cutover.postgres import maintenance, programs, toc
from cutover.postgres.blue_green.names import SCHEMA
from cutover.postgres.preflight_pair.facts import Side
from cutover.postgres.programs import ProgramFailed, Programs

STEP = "preflight"
PREFIX = "cutover_preflight_"
STALE_SECONDS = 3600
DUMP = (
    *("-Fc", "--schema-only", "--no-publications", "--no-subscriptions", "--no-tablespaces"),
    *(f"--exclude-schema={SCHEMA}", "--lock-wait-timeout=5s"),
)
# Nobody's rights matter to what the trial is for, and roles that green's server lacks cannot be named.
RESTORE = ("--no-owner", "--no-privileges", "--no-tablespaces")
OF_ROLES = re.compile(r"^\d+; \d+ \d+ (POLICY|USER MAPPING|DEFAULT ACL) ")
OF_SUPERUSERS = re.compile(r"^\d+; \d+ \d+ EVENT TRIGGER ")


@contextlib.contextmanager
def scratch(ctx: RunContext, here: Db, blue: Side, green: Side) -> Iterator[Db]:
    """Yield a session in a copy of blue's schema; everything in it belongs to the session's role.

    Nobody of this process may be connected to green: where it has extensions, it is copied.

    :param here: a session on blue, whose encoding and locale are taken where green is still to be made.
    :raises ProgramFailed: blue's schema cannot be dumped, or not be restored there.
    :raises ProgramsMissing: there is no pg_dump of a fitting version.
    :raises DatabaseNotMade: the server does not know the locale, or somebody stays connected to green.
    """
    tools = programs.find(blue.server.version, green.server.version)
    name = f"{PREFIX}{int(time.time())}_{secrets.token_hex(4)}"
    info = replace(ctx.target_info, dbname=name)
    with maintenance.beside(ctx, ctx.target_info, STEP) as db:
        _clear(db)
        try:
            _make(ctx, db, name, here, green)
            with tempfile.TemporaryDirectory(prefix="cutover-") as folder:
                _fill(ctx, tools, Path(folder), blue, green, info)
            with ctx.open(info, STEP, statement_timeout="60s") as inside:
                yield inside
        finally:
            maintenance.drop(db, name)


def _make(ctx: RunContext, db: Db, name: str, here: Db, green: Side) -> None:
    if green.missing:
        maintenance.make_like(db, name, here)
    elif green.extensions and not green.ours:  # what a run has built there is no part of the trial
        maintenance.make_copy(ctx, db, name, green.info.dbname)
    else:
        with ctx.target(STEP) as model:
            maintenance.make_like(db, name, model)


def _fill(ctx: RunContext, tools: Programs, folder: Path, blue: Side, green: Side, info: ConnectionInfo) -> None:
    file, chosen = folder / "schema", folder / "list"
    tools.run(ctx, "pg_dump", [*DUMP, "-f", file], blue.info, STEP)
    listed = tools.run(ctx, "pg_restore", ["-l", file, "-f", "-"], None, STEP)
    unknown = any(role.name not in green.known_roles for role in blue.roles)
    entries = [line for line in listed.splitlines() if line[:1].isdigit() and not toc.UNWANTED.match(line)]
    entries = [e for e in entries if not (unknown and OF_ROLES.match(e))]
    entries = [e for e in entries if green.server.superuser or not OF_SUPERUSERS.match(e)]
    chosen.write_text("\n".join(entries) + "\n")
    odd = tools.major >= toc.SETS_MORE_SINCE > green.server.major
    stop = () if odd else ("--exit-on-error",)
    try:
        tools.run(
            ctx, "pg_restore", [*RESTORE, *stop, "-L", chosen, file], info, STEP, {"client_min_messages": "error"}
        )
    except ProgramFailed as error:
        if not (odd and toc.harmless(error.said)):
            raise


def _clear(db: Db) -> None:
    """Drop what a preflight that was killed has left; one that is at work is younger."""
    rows = db.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (PREFIX,)).fetchall()
    for (name,) in rows:
        made = re.fullmatch(PREFIX + r"(\d+)_[0-9a-f]+", name)
        if made and int(made[1]) < time.time() - STALE_SECONDS:
            with contextlib.suppress(psycopg.Error):
                db.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
