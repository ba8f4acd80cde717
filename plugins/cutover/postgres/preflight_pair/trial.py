"""Run the migration's SQL on an empty copy of blue's schema, and see what has become of it."""

from __future__ import annotations

from dataclasses import replace

import psycopg
from psycopg import sql

from cutover.context import Db, RunContext
from cutover.errors import Cancelled, CutoverError
from cutover.postgres.blue_green import mapped, mapping
from cutover.postgres.preflight.session import problem, undone
from cutover.postgres.preflight_pair import expressions, gather, samples
from cutover.postgres.preflight_pair.facts import LoudTrigger, PairLimits, Side
from cutover.postgres.preflight_pair.scratch import scratch
from cutover.postgres.preflight_pair.structure import Name, Structure
from cutover.postgres.preflight_pair.survival import Survival


def try_out(ctx: RunContext, here: Db, blue: Side, green: Side, limits: PairLimits) -> Survival:
    """Return what the migration's SQL does, or why that could not be tried.

    :param here: a session on blue; only rows are looked at there. Nobody of this process is connected to green.
    """
    server = green.server
    if green.server.major < blue.server.major:
        return Survival(reason="green's server is older than blue's")
    if not (server.creates_databases or server.superuser):
        return Survival(reason=f"role {server.role} may not make a database on green's server")
    try:
        with scratch(ctx, here, blue, green) as inside:
            found = _design(ctx, inside)
            if found.problem is not None:
                return found
            found = _mapped(ctx, here, inside, found)
            found = replace(found, expressions=expressions.faults(ctx.spec, here, inside, blue.structure, found))
    except Cancelled:
        raise
    except (CutoverError, psycopg.Error) as error:
        return Survival(reason=_said(error), failed=True)
    return replace(found, fits=samples.fits(here, blue.structure, found, limits))


def _mapped(ctx: RunContext, here: Db, inside: Db, found: Survival) -> Survival:
    """Let the run's own mapping speak: what it refuses, the run refuses."""
    try:
        with undone(here, lock_wait=1000, read_only=True):
            followed = ctx.spec.strategy != "stop_the_world"  # there, rows are copied once, with a key or without
            tables = mapping.make(ctx.spec, mapped.look(here), mapped.look(inside), followed=followed)
    except mapping.TableNotHere:
        return found  # a rule says it
    except mapping.MappingRefused as error:
        return replace(found, refused=tuple(line.strip() for line in error.what.splitlines()[1:]))
    return replace(found, shared={(table.schema, table.table): table.shared for table in tables})


def _said(error: CutoverError | psycopg.Error) -> str:
    text = error.what if isinstance(error, CutoverError) else problem(error).message
    return " ".join(text.split())[:1000]


def _design(ctx: RunContext, inside: Db) -> Survival:
    before = _look(inside)
    text = ctx.spec.up_sql
    if text:
        try:
            with inside.transaction():
                inside.execute("SET LOCAL search_path = public")
                inside.execute(text.encode())
        except psycopg.Error as error:
            position = error.diag.statement_position
            line = text.count("\n", 0, int(position) - 1) + 1 if position else None
            return Survival(problem=str(problem(error)), line=line, before=before)
    after = _look(inside)
    return Survival(
        before=before,
        after=after,
        renamed=_renamed(before, after),
        columns_renamed=_columns_renamed(before, after),
        wrote=_wrote(inside, after),
        triggers=tuple(gather.ask(inside, "triggers", LoudTrigger)),
    )


def _look(inside: Db) -> Structure:
    with undone(inside, lock_wait=1000, read_only=True, statement="60s"):
        return gather.structure_of(inside)


def _renamed(before: Structure, after: Structure) -> dict[Name, Name]:
    now = {table.relation.oid: name for name, table in after.tables.items()}
    names = {name: now.get(table.relation.oid) for name, table in before.tables.items()}
    return {old: new for old, new in names.items() if new is not None and new != old}


def _columns_renamed(before: Structure, after: Structure) -> dict[Name, dict[str, str]]:
    now = {table.relation.oid: table for table in after.tables.values()}
    found: dict[Name, dict[str, str]] = {}
    for name, old in before.tables.items():
        new = now.get(old.relation.oid)
        if new is None:
            continue
        names = {column.number: column.name for column in new.columns}
        changed = {c.name: names[c.number] for c in old.columns if names.get(c.number, c.name) != c.name}
        if changed:
            found[name] = changed
    return found


def _wrote(inside: Db, after: Structure) -> dict[str, int]:
    """How many rows there are in tables that were empty; counting stops at 1,000."""
    rows = {}
    for table in after.tables.values():
        if table.relation.kind != "r":
            continue
        one = sql.SQL("SELECT count(*) FROM (SELECT FROM ONLY {} LIMIT 1000) AS seen").format(
            sql.Identifier(*table.name)
        )
        found = inside.execute(one).fetchone()
        if found and found[0]:
            rows[table.label] = int(found[0])
    return rows
