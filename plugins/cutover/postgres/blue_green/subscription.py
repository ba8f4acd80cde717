"""The follower's end of a flow: a subscription that continues a slot that is there already, and copies nothing."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import Names, SideName, other

ORIGIN_SINCE = 160000


class NotSubscribed(CutoverError):
    """The follower cannot subscribe to the other side."""

    code = "BGR024"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription of the database, and the worker that applies it (None while none runs)."""

    oid: int
    name: str
    enabled: bool
    slot: str | None
    pid: int | None


def find(db: Db, name: str) -> Subscription | None:
    """Return the subscription ``name`` of this database, if there is one."""
    with db.cursor(row_factory=class_row(Subscription)) as cursor:
        return cursor.execute(sqlfiles.text("blue_green/subscription").encode(), (name,)).fetchone()


def ensure(ends: Ends, origin: SideName, *, enabled: bool = True) -> None:
    """Subscribe the side across to ``origin``, continuing the slot there; run again it only sets ``enabled``.

    :raises NotSubscribed: the follower's server cannot reach ``origin``, or the login may not subscribe.
    """
    name = ends.names.flow(origin)
    follower = other(origin)
    with ends.open(origin, "subscribe") as there:
        origin_version = there.info.server_version
    with ends.open(follower, "subscribe") as db:
        if find(db, name) is not None:
            set_enabled(db, ends.names, origin, enabled)
            return
        options = {"create_slot": "false", "copy_data": "false", "enabled": str(enabled).lower(), "streaming": "on"}
        if min(origin_version, db.info.server_version) >= ORIGIN_SINCE:
            options |= {"origin": "none"}  # never back again what came from here
        _create(db, name, ends, origin, options)


def _create(db: Db, name: str, ends: Ends, origin: SideName, options: dict[str, str]) -> None:
    """The password goes into the catalog, which only superusers read; without one only a superuser may subscribe."""
    given = sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(k), sql.Literal(v)) for k, v in options.items())
    peer = ends.peer(origin)
    statement = sql.SQL("CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {} WITH (slot_name = {}, {})").format(
        sql.Identifier(name),
        sql.Literal(peer.conninfo(application_name=name, connect_timeout=10)),
        sql.Identifier(name),
        sql.Literal(name),
        given,
    )
    try:
        db.execute(statement)
    except psycopg.errors.InsufficientPrivilege as error:
        raise NotSubscribed(
            f"{db.info.user!r} may not subscribe in {db.info.dbname!r}: {error.diag.message_primary}.",
            fix=f'GRANT pg_create_subscription TO "{db.info.user}" and GRANT CREATE ON DATABASE "{db.info.dbname}" TO'
            f' "{db.info.user}" (before PostgreSQL 16: a superuser is needed).',
        ) from error
    except (psycopg.OperationalError, psycopg.errors.ProgrammingError) as error:
        if isinstance(error, psycopg.errors.QueryCanceled) or not error.diag.message_primary:
            raise
        raise NotSubscribed(
            f"{other(origin)} cannot subscribe to {origin} at {peer.host}:{peer.port}/{peer.dbname}:"
            f" {error.diag.message_primary}.",
            fix=f"let {other(origin)}'s server reach {origin}'s: network, pg_hba.conf, a login that asks for its"
            f" password; or name the way in the connection {peer.conn_id!r}, extra"
            ' {"cutover": {"peer_host": "...", "peer_port": "..."}}.',
        ) from error


def set_enabled(db: Db, names: Names, origin: SideName, enabled: bool) -> None:
    """Let the follower, which ``db`` is a session of, go on or stop; it stops within moments, not at once."""
    how = sql.SQL("ENABLE" if enabled else "DISABLE")
    db.execute(sql.SQL("ALTER SUBSCRIPTION {} {}").format(sql.Identifier(names.flow(origin)), how))


def drop(ends: Ends, origin: SideName) -> None:
    """Drop the subscription to ``origin`` where it exists. Leaves the slot, and so works while ``origin`` is away."""
    with ends.open(other(origin), "unsubscribe") as db:
        drop_here(db, ends.names, origin)


def drop_here(db: Db, names: Names, origin: SideName) -> None:
    """The same on a session of the follower."""
    name = sql.Identifier(names.flow(origin))
    if find(db, names.flow(origin)) is None:
        return
    db.execute(sql.SQL("ALTER SUBSCRIPTION {} DISABLE").format(name))
    db.execute(sql.SQL("ALTER SUBSCRIPTION {} SET (slot_name = NONE)").format(name))
    db.execute(sql.SQL("DROP SUBSCRIPTION IF EXISTS {}").format(name))
