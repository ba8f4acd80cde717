"""The slot from which green will follow, and the snapshot that shows blue's rows as they were just before it begins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import ConnectionRefused
from cutover.postgres.blue_green import slot
from cutover.postgres.blue_green.slot import SlotNotMade

WAIT = 20
ATTEMPTS = 30


@dataclass(frozen=True, slots=True)
class Exported:
    """``snapshot`` for SET TRANSACTION SNAPSHOT; ``lsn``: changes after it are the slot's."""

    snapshot: str
    lsn: str


@contextmanager
def export(ctx: RunContext, blue: Db, name: str) -> Iterator[Exported]:
    """Make the slot and yield its snapshot, which lasts as long as the block.

    :param blue: another session on blue, to see who is in the way: the slot begins once the transactions that were
        writing have ended.
    :raises SlotNotMade: the login may not replicate, no slot is free, or somebody writes for minutes.
    """
    info = ctx.source_info
    replicating = replace(info, extra={**info.extra, "replication": "database"})
    with ExitStack() as closing:
        try:
            # The snapshot ends with the session: nothing may time out, however long the copy takes.
            session = closing.enter_context(
                ctx.open(replicating, "copying-slot", idle_in_transaction_session_timeout="0", lock_timeout=f"{WAIT}s")
            )
        except ConnectionRefused as error:
            raise SlotNotMade(
                f"no replication connection to {info.label()}: {error.what}",
                fix=f'ALTER ROLE "{info.user}" REPLICATION; and pg_hba.conf and max_wal_senders have to let it in.',
            ) from error
        yield _make(ctx, session, blue, name)


def _make(ctx: RunContext, session: Db, blue: Db, name: str) -> Exported:
    # The grammar of before 15, which all versions take; this protocol knows no parameters.
    statement = sql.SQL("CREATE_REPLICATION_SLOT {} LOGICAL pgoutput EXPORT_SNAPSHOT").format(sql.Identifier(name))
    writing = "nobody that could be seen"
    for attempt in range(1, ATTEMPTS + 1):
        try:
            row = session.execute(statement).fetchone()
            assert row is not None, "the server describes the slot it has made"
            return Exported(snapshot=str(row[2]), lsn=str(row[1]))
        except psycopg.errors.LockNotAvailable:
            found = blue.execute(sqlfiles.text("blue_green/writing").encode()).fetchone()
            writing = str(found[0]) if found and found[0] else writing
            ctx.log.warning("slot %s waits for transactions to end (attempt %d): %s", name, attempt, writing)
            ctx.cancel.check()
        except (psycopg.errors.ProgrammingError, psycopg.errors.OperationalError) as error:
            if isinstance(error, psycopg.errors.QueryCanceled) or not error.diag.message_primary:
                raise
            raise slot.not_made(blue, name, error) from error
    raise SlotNotMade(
        f"slot {name} cannot begin: transactions on blue have been writing for {WAIT * ATTEMPTS} s: {writing}.",
        fix="end them (SELECT pg_terminate_backend(<pid>)) or wait for them, then run the step again.",
    )
