"""The rows of the store, on a session that the caller has: what both the store and an application's client do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from cutover import sqlfiles
from cutover.flags.errors import FlagUnknown
from cutover.flags.flag import Flag, Instance
from cutover.flags.mode import Mode

CHANNEL = "cutover_flags"
# An instance renews its lease and reads the flag under the shared lock; a change takes the other. So whoever begins
# under a version is known to whoever asks, after the change to the next one, for whom it has to wait.
SHARED = "SELECT pg_advisory_xact_lock_shared(hashtextextended('cutover.flags.' || %s, 0))"
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('cutover.flags.' || %s, 0))"


def read(db: psycopg.Connection[Any], migration: str) -> Flag:
    """Return a flag as it is now.

    :raises FlagUnknown: there is none.
    """
    try:
        with db.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(sqlfiles.text("flags/get").encode(), {"migration": migration}).fetchone()
    except psycopg.errors.UndefinedTable:
        found = None
    if found is None:
        raise FlagUnknown(
            f"there is no flag for the migration {migration!r}.", fix="the migration's run makes it; see its name."
        )
    return Flag(**{**found, "mode": Mode(found["mode"])})


def everything(db: psycopg.Connection[Any]) -> list[Flag]:
    """Return all flags of a store, by name."""
    with db.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(sqlfiles.text("flags/get").encode(), {"migration": None}).fetchall()
    return [Flag(**{**row, "mode": Mode(row["mode"])}) for row in rows]


def instances(db: psycopg.Connection[Any], migration: str) -> list[Instance]:
    """Return every process that has followed a flag and has not said good-bye."""
    with db.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(sqlfiles.text("flags/instances").encode(), {"migration": migration}).fetchall()
    return [Instance(**row) for row in rows]


def beat(
    db: psycopg.Connection[Any], migration: str, instance: str, application: str, acknowledged: int, lease: timedelta
) -> None:
    """Renew an instance's lease.

    :raises FlagUnknown: the flag is gone.
    """
    asked = {
        "migration": migration,
        "instance": instance,
        "application": application,
        "acknowledged": acknowledged,
        "lease": lease,
    }
    if not db.execute(sqlfiles.text("flags/beat").encode(), asked).rowcount:
        raise FlagUnknown(f"there is no flag for the migration {migration!r} any more.", fix="end the application.")
