"""What becomes of blue when the window is over: kept behind its fence, archived and closed, or dropped."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from psycopg import sql

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres import backup, programs
from cutover.postgres.backup import Store
from cutover.postgres.blue_green.ends import Ends


class NotClosed(CutoverError):
    """People can still connect to the old database."""

    code = "BGR065"


def dump(ctx: RunContext, ends: Ends, store: Store) -> dict[str, Any]:
    """Dump blue, encrypted on its way, and hand it to the store.

    :returns: ``{"kept", "size", "sha256"}``.
    :raises NoRecipient: nobody is named who could decrypt it.
    """
    to = backup.recipients(ctx.resolve(ctx.spec.rollback.archive))
    info = ends.info("blue")
    with ends.open("blue", "archive") as db:
        tools = programs.find(db.info.server_version)
    name = f"{ctx.spec.name}/{ctx.run_id}-{info.dbname}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.dump.age"
    arguments = ["--format=custom", "--compress=6", "--exclude-schema=cutover_sync", "--no-publications"]
    with tools.reading(ctx, "pg_dump", [*arguments, "--no-subscriptions"], info, "archive") as stream:
        sealed = backup.put(store, f"archives/{name}", stream, to)
    kept = f"{store.label}/{sealed.name}"
    ctx.journal.event(ctx.run_id, "archived", f"blue is kept as {kept} ({sealed.size:,} bytes, sha256 {sealed.sha256})")
    return {"kept": kept, "size": sealed.size, "sha256": sealed.sha256}


def close(ctx: RunContext, db: Db) -> list[str]:
    """Let nobody connect to blue any more but its owner and superusers; return who could before.

    :raises NotClosed: the login may not decide that.
    """
    name = sql.Identifier(db.info.dbname)
    # Ours first: taken from PUBLIC it would be taken from us as well.
    grantees = [row[0] for row in db.execute(sqlfiles.text("blue_green/connect_grantees").encode()).fetchall()]
    statements = [
        sql.SQL("GRANT CONNECT ON DATABASE {} TO CURRENT_USER").format(name),
        sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(name),
        *(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM {}").format(name, sql.SQL(each)) for each in grantees),
    ]
    with db.transaction():
        for statement in statements:
            db.execute(statement)
    open_still = db.execute("SELECT has_database_privilege('public', current_database(), 'CONNECT')").fetchone()
    if open_still and open_still[0]:
        raise NotClosed(
            f"{db.info.user!r} may not revoke CONNECT on {db.info.dbname!r}.",
            fix="; ".join(statement.as_string(db) for statement in statements[1:]),
        )
    db.execute(
        "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename <> current_user"
        " AND backend_type = 'client backend'"
    )
    who = ["PUBLIC", *grantees]
    ctx.journal.event(ctx.run_id, "closed", f"CONNECT on {db.info.dbname} is revoked from {', '.join(who)}")
    return who
