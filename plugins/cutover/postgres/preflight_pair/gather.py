"""Look at both sides once: a few catalog queries each, in transactions that are rolled back."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.context import Db, RunContext
from cutover.errors import ConnectionRefused, CutoverError
from cutover.postgres import contents, maintenance
from cutover.postgres.blue_green import roles
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.preflight.gather import NEWEST, OLDEST
from cutover.postgres.preflight.gather import ask as ask_one_side
from cutover.postgres.preflight.session import WAITED, undone
from cutover.postgres.preflight.surroundings import EventTrigger, OldTransaction
from cutover.postgres.preflight_pair import structure, surroundings
from cutover.postgres.preflight_pair.facts import LoudTrigger, PairLimits, Side
from cutover.postgres.preflight_pair.facts import Sequence as SequenceFacts

Row = TypeVar("Row")

STEP = "preflight"
ATTEMPTS = 3


def ask(db: Db, name: str, row: type[Row], **parameters: Any) -> list[Row]:
    """Run ``include/sql/preflight_pair/<name>.sql`` and return its rows as objects of ``row``."""
    with db.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(sqlfiles.text(f"preflight_pair/{name}"), parameters).fetchall()  # type: ignore[arg-type]


def info_of(ctx: RunContext, side: SideName) -> ConnectionInfo:
    return ctx.source_info if side == "blue" else ctx.target_info


@contextlib.contextmanager
def session(ctx: RunContext, side: SideName) -> Iterator[tuple[Db, bool]]:
    """Yield a session on a side, and whether its database is missing: then one in another database of its server.

    :raises ConnectionRefused: the server cannot be reached, or refuses the login.
    """
    info = info_of(ctx, side)
    with contextlib.ExitStack() as stack:
        try:
            db, missing = stack.enter_context(_open(ctx, info)), False
        except ConnectionRefused:
            beside = _beside(ctx, info, stack) if side == "green" else None
            if beside is None:
                raise
            db, missing = beside, True
        yield db, missing


def _open(ctx: RunContext, info: ConnectionInfo) -> contextlib.AbstractContextManager[Db]:
    return ctx.open(info, STEP, lock_timeout="1s", statement_timeout="60s")


def _beside(ctx: RunContext, info: ConnectionInfo, stack: contextlib.ExitStack) -> Db | None:
    """Return a session in another database of the server, where it says that ``info``'s does not exist."""
    try:
        db = stack.enter_context(_open(ctx, replace(info, dbname=maintenance.MAINTENANCE)))
    except ConnectionRefused:
        return None
    return None if maintenance.exists(db, info.dbname) else db


class CatalogLocked(CutoverError):
    """Somebody's lock keeps the catalog's functions waiting, so that a side cannot be looked at."""

    code = "PRE002"


def side(ctx: RunContext, db: Db, name: SideName, limits: PairLimits, *, missing: bool = False) -> Side:
    """Return the facts of one side; a server of an unknown version says only what it is.

    :raises CatalogLocked: naming the lock, after a few attempts.
    """
    for left in reversed(range(ATTEMPTS)):
        try:
            return _side(ctx, db, name, limits, missing)
        except WAITED:
            ctx.cancel.check()
            if left == 0:
                raise _locked(db, name) from None
    raise AssertionError("the last attempt returns or raises")


def _locked(db: Db, name: SideName) -> CatalogLocked:
    holders = ", ".join(found.name for found in ask(db, "lockers", surroundings.Thing)) or "nobody any more"
    return CatalogLocked(
        f"{name} cannot be looked at: an exclusive lock is in the way ({holders}).",
        fix="wait for that transaction to end, or end it: SELECT pg_terminate_backend(<pid>);",
    )


def _side(ctx: RunContext, db: Db, name: SideName, limits: PairLimits, missing: bool) -> Side:
    with undone(db, lock_wait=limits.lock_wait, read_only=True, statement="60s"):
        server = ask(db, "server", surroundings.Server)[0]
        if server.sees_wal:  # even to name the function takes the right to call it
            row = db.execute("SELECT coalesce(sum(size), 0)::bigint FROM pg_ls_waldir()").fetchone()
            server = replace(server, wal_bytes=int(row[0]) if row else None)
        asked = bool(db.pgconn.used_password)
        found = Side(name, info_of(ctx, name), server, missing, asked)
        if not OLDEST <= server.major <= NEWEST:
            return found
        found = replace(
            found,
            available=ask(db, "available_extensions", surroundings.AvailableExtension),
            slots=ask(db, "slots", surroundings.Slot),
            tablespaces={space.name: space for space in ask(db, "tablespaces", surroundings.Tablespace)},
            leftovers=ask(db, "leftovers", surroundings.Leftover),
        )
        return found if missing else _database(db, found, limits)


def _database(db: Db, found: Side, limits: PairLimits) -> Side:
    runs = _runs(db)
    built = structure_of(db)
    oids = [table.relation.oid for table in built.tables.values()]
    return replace(
        found,
        structure=built,
        ours=any(run.run_id == limits.run_id for run in runs),
        runs=runs,
        triggers=ask(db, "triggers", LoudTrigger),
        event_triggers=ask_one_side(db, "event_triggers", EventTrigger),
        sequences=ask(db, "sequences", SequenceFacts),
        extensions=ask(db, "extensions", surroundings.Extension),
        publications=ask(db, "publications", surroundings.Publication),
        subscriptions=ask(db, "subscriptions", surroundings.Subscription),
        roles=roles.needed(db),
        settings=ask(db, "settings", surroundings.Setting),
        collations=ask(db, "collations", surroundings.Collation, tables=oids),
        contents=contents.find(db, contents.extensions(db)),
        others=ask(db, "others", surroundings.Thing),
        online_runs=ask(db, "online_runs", surroundings.OnlineRun),
        old_transactions=ask_one_side(db, "old_transactions", OldTransaction, seconds=limits.long_transaction),
    )


def known_to(db: Db, green: Side, blue: Side, limits: PairLimits) -> Side:
    """Return green with what it knows of blue's roles and collations."""
    with undone(db, lock_wait=limits.lock_wait, read_only=True):
        known = ask(db, "known_roles", surroundings.KnownRole, names=[role.name for role in blue.roles])
        names = sorted({collation.name for collation in blue.collations})
        collations = ask(db, "known_collations", surroundings.Collation, names=names)
    return replace(green, known_roles={role.name: role for role in known}, known_collations=collations)


def _runs(db: Db) -> list[surroundings.SyncRun]:
    """Runs that have their state here, where this role may read it."""
    row = db.execute(
        "SELECT coalesce(has_schema_privilege(n.oid, 'USAGE')"
        " AND has_table_privilege(to_regclass('cutover_sync.run'), 'SELECT'), false)"
        " FROM pg_namespace AS n WHERE n.nspname = 'cutover_sync'"
    ).fetchone()
    return ask(db, "runs", surroundings.SyncRun) if row and row[0] else []


def structure_of(db: Db) -> structure.Structure:
    """Return how the session's database is built."""
    relations = ask(db, "tables", structure.Relation)
    oids = [relation.oid for relation in relations]
    columns = _by_table(ask(db, "columns", structure.Column, tables=oids))
    indexes = _by_table(ask(db, "indexes", structure.Index, tables=oids))
    constraints = _by_table(ask(db, "constraints", structure.Constraint, tables=oids))
    tables = (
        structure.Table(r, tuple(columns[r.oid]), tuple(indexes[r.oid]), tuple(constraints[r.oid])) for r in relations
    )
    return structure.Structure(
        {table.name: table for table in tables},
        {enum.type: enum for enum in ask(db, "enums", structure.EnumType)},
        {domain.type: domain for domain in ask(db, "domains", structure.DomainType)},
    )


def _by_table(rows: Sequence[Any]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.table_oid].append(row)
    return grouped
