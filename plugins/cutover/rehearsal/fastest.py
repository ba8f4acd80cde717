"""The fastest way that a server has to copy one of its databases.

PostgreSQL 18 can let the file system clone files (``file_copy_method``), which takes no time where it shares blocks.
From 15 on ``wal_log`` copies by way of the WAL, without a checkpoint: quicker for small databases, and gentler on a
server that is busy; ``file_copy`` writes every byte once only, after a checkpoint: quicker for large ones. Before 15
there is nothing to choose.
"""

from __future__ import annotations

from psycopg import errors

from cutover.context import Db
from cutover.postgres import maintenance
from cutover.postgres.maintenance import DatabaseNotMade
from cutover.postgres.task import Task

# From here on writing each byte twice, into the WAL too, costs more than the two checkpoints of a file copy.
LARGE = 256 * 1024 * 1024
# Seconds for which whoever is connected to the template is waited for.
PATIENCE = 60.0
CAN_CLONE = "SELECT FROM pg_settings WHERE name = 'file_copy_method' AND 'clone' = ANY (enumvals)"


def copy(ctx: Task, db: Db, name: str, template: str, *, patience: float = PATIENCE) -> str:
    """Make database ``name`` as a copy of ``template``; return how: ``clone``, ``file_copy``, ``wal_log`` or ``copy``.

    :param db: a session in another database of the server.
    :raises DatabaseNotMade: somebody stays connected to the template, or the login may not.
    """
    for way in ways(db, template):
        try:
            _by(ctx, db, name, template, way, patience)
        except (DatabaseNotMade, errors.FeatureNotSupported) as error:
            cause = error.__cause__ if isinstance(error, DatabaseNotMade) else error
            # What a server says whose file system cannot clone.
            if way != "clone" or not isinstance(cause, (errors.FeatureNotSupported, errors.IoError)):
                raise
            ctx.log.info("the file system of this server cannot clone files: %s", cause)
            continue
        return way
    raise AssertionError("the last way has no other after it")


def ways(db: Db, template: str) -> list[str]:
    """Return the ways to try, the fastest first."""
    if db.info.server_version < 150000:
        return ["copy"]
    row = db.execute("SELECT pg_database_size(%s)", (template,)).fetchone()
    if row is None or row[0] < LARGE:
        return ["wal_log"]
    return ["clone", "file_copy"] if db.execute(CAN_CLONE).rowcount else ["file_copy"]


def _by(ctx: Task, db: Db, name: str, template: str, way: str, patience: float) -> None:
    strategy = {"copy": None, "clone": "file_copy"}.get(way, way)
    if way == "clone":
        db.execute("SET file_copy_method = 'clone'")
    try:
        maintenance.make_copy(ctx, db, name, template, strategy=strategy, patience=patience)
    finally:
        if way == "clone":
            db.execute("RESET file_copy_method")
