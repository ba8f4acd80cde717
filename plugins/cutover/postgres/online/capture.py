"""Capture: triggers that note which keys a statement touched, and nothing else.

Statement triggers with transition tables against row triggers, and keys against whole rows, were measured;
``tests/bench/bench_capture.py`` measures them again. Keys alone are also what makes the capture harmless: the
insertion into the log has no constraint to violate, waits for no lock and cannot deadlock with the application.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from cutover import sqlfiles
from cutover.postgres.online.design import Key
from cutover.postgres.online.names import CAPTURE_TRIGGERS, Names
from cutover.postgres.online.state import Table


def create_log(db: psycopg.Connection[Any], names: Names, live: str, key: Key, like: sql.Identifier) -> None:
    """Create the log and the capture functions for the time when ``live`` is the live side.

    :param like: a table that has the key's columns with their types and collations.
    """
    db.execute(sql.SQL("CREATE TABLE {} AS SELECT {} FROM {} WITH NO DATA").format(names.log(live), key.as_k(), like))
    _create_functions(db, names, live, key)


def _create_functions(db: psycopg.Connection[Any], names: Names, live: str, key: Key) -> None:
    log = names.log(live)
    db.execute(
        sqlfiles.compose(
            "online/capture_new", function=names.function(live, "rows"), log=log, ks=key.ks(), keys=key.names()
        )
    )
    db.execute(
        sqlfiles.compose(
            "online/capture_old_key",
            function=names.function(live, "key"),
            log=log,
            ks=key.ks(),
            old_keys=key.names("old"),
        )
    )
    db.execute(
        sqlfiles.compose(
            "online/capture_truncate",
            function=names.function(live, "truncate"),
            number=sql.Literal(names.number),
            ordinal=sql.Literal(names.ordinal),
            live=sql.Literal(live),
        )
    )
    for event in ("rows", "key", "truncate"):
        db.execute(sql.SQL("REVOKE ALL ON FUNCTION {}() FROM PUBLIC").format(names.function(live, event)))


def start(db: psycopg.Connection[Any], table: Table, live: str, where: sql.Identifier) -> None:
    """Create the triggers on ``where``, which is or becomes the live side; needs SHARE ROW EXCLUSIVE on it."""
    names, key = table.names, table.design.key(live)
    changed = sql.SQL(" OR ").join(
        sql.SQL("old.{0} IS DISTINCT FROM new.{0}").format(sql.Identifier(name)) for name in key.columns
    )
    db.execute(
        sqlfiles.compose(
            "online/capture_triggers",
            table=where,
            on_rows=names.function(live, "rows"),
            on_old_key=names.function(live, "key"),
            on_truncate=names.function(live, "truncate"),
            key_changed=changed,
        )
    )


def stop(db: psycopg.Connection[Any], where: sql.Identifier) -> None:
    """Drop the triggers; needs ACCESS EXCLUSIVE on the table. Idempotent."""
    for name in CAPTURE_TRIGGERS:
        db.execute(sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(sql.Identifier(name), where))


def started(db: psycopg.Connection[Any], table: int) -> bool:
    """Whether the capture triggers are on the table with this oid."""
    return _triggers(db, table, modes="OADR")


def at_work(db: psycopg.Connection[Any], table: int) -> bool:
    """Whether they are there and fire: nobody has disabled them, as ``DISABLE TRIGGER ALL`` before a bulk load does."""
    return _triggers(db, table, modes="OA")


def _triggers(db: psycopg.Connection[Any], table: int, *, modes: str) -> bool:
    """:param modes: values of ``pg_trigger.tgenabled``."""
    row = db.execute(
        'SELECT count(*) FROM pg_trigger WHERE tgrelid = %s AND tgname = ANY (%s) AND tgenabled = ANY (%s::"char"[])',
        (table, list(CAPTURE_TRIGGERS), list(modes)),
    ).fetchone()
    return bool(row and row[0] == len(CAPTURE_TRIGGERS))


def drop_log(db: psycopg.Connection[Any], names: Names, live: str) -> None:
    """Drop the log and the functions of one direction; the triggers must be gone. Idempotent."""
    for event in ("rows", "key", "truncate"):
        db.execute(sql.SQL("DROP FUNCTION IF EXISTS {}()").format(names.function(live, event)))
    db.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(names.log(live)))
