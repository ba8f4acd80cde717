"""The store of flags: a schema in Postgres. Each change is one transaction, and is heard by whoever listens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import psycopg

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.errors import ConnectionRefused
from cutover.flags import rows, rules
from cutover.flags.errors import FlagChanged, FlagStoreAway, FlagUnknown
from cutover.flags.flag import Flag, Instance
from cutover.flags.mode import Mode
from cutover.postgres.connect import connect

T = TypeVar("T")


class FlagStore:
    """All flags of one database. Holds no connection: each call opens one, and says so where it cannot.

    :param info: the database; its login needs ``include/sql/roles/flags.sql``.
    """

    def __init__(self, info: ConnectionInfo) -> None:
        self.info = info

    def prepare(self) -> None:
        """Make the schema where it is missing; safe when two do it at once."""

        def work(db: psycopg.Connection[Any]) -> None:
            with db.transaction():
                db.execute("SELECT pg_advisory_xact_lock(hashtextextended('cutover.flags', 0))")
                db.execute(sqlfiles.text("flags/schema").encode())

        self._do(work)

    def create(self, migration: str, by: str | None = None) -> Flag:
        """Return the flag of a migration; a new one begins with the old side only."""

        def work(db: psycopg.Connection[Any]) -> None:
            db.execute(
                "INSERT INTO cutover_flags.flag (migration, mode, changed_by) VALUES (%s, %s, %s)"
                " ON CONFLICT (migration) DO NOTHING",
                (migration, Mode.OLD_ONLY, by),
            )

        self.prepare()
        self._do(work)
        return self.get(migration)

    def get(self, migration: str) -> Flag:
        """:raises FlagUnknown: there is none. :raises FlagStoreAway: the store cannot be reached."""
        return self._do(lambda db: rows.read(db, migration))

    def set(
        self,
        before: Flag,
        mode: Mode | str,
        *,
        read_new: float = 0,
        shadow: float = 0,
        by: str | None = None,
        note: str | None = None,
    ) -> Flag:
        """Move a flag on from ``before``, the version that the caller has seen; the same once more changes nothing.

        :raises ModeRefused: a mode would be left out: instances of the one and of the other would lose writes.
        :raises FlagChanged: it is another version by now.
        """
        wanted = Mode.of(mode)
        rules.check(before, wanted, read_new, shadow)
        if (before.mode, before.read_new, before.shadow) == (wanted, float(read_new), float(shadow)):
            return before
        asked = {
            "migration": before.migration,
            "version": before.version,
            "mode": wanted,
            "read_new": read_new,
            "shadow": shadow,
            "by": by,
            "note": note,
        }

        def work(db: psycopg.Connection[Any]) -> int:
            with db.transaction():
                db.execute(rows.ALONE, (before.migration,))
                return db.execute(sqlfiles.text("flags/put").encode(), asked).rowcount

        changed = self._do(work)
        now = self.get(before.migration)
        # A connection that broke after COMMIT was sent: the change is there, and nobody else's.
        if changed or (now.version == before.version + 1 and (now.mode, now.changed_by) == (wanted, by)):
            return now
        raise FlagChanged(
            f"the flag of {before.migration!r} was changed meanwhile: it is {now}, by {now.changed_by or 'somebody'}.",
            fix="look at it, and decide again.",
        )

    def instances(self, migration: str) -> list[Instance]:
        """Return every process that has ever followed the flag and was not forgotten."""
        return self._do(lambda db: rows.instances(db, migration))

    def waiting_for(self, migration: str, version: int) -> list[Instance]:
        """Return the instances that are alive and have work under way from before ``version``."""
        return [one for one in self.instances(migration) if one.keeps_waiting(version)]

    def excuse(self, migration: str, instance: str, *, by: str) -> Flag:
        """Go on without an instance: somebody answers for it with his name, up to the flag's version of now.

        :raises FlagUnknown: there is no such instance.
        """

        def work(db: psycopg.Connection[Any]) -> int:
            asked = {"migration": migration, "instance": instance, "by": by}
            return db.execute(sqlfiles.text("flags/excuse").encode(), asked).rowcount

        if not self._do(work):
            known = ", ".join(one.instance for one in self.instances(migration)) or "none"
            raise FlagUnknown(f"{migration!r} has no instance {instance!r}.", fix=f"there are: {known}.")
        return self.get(migration)

    def remove(self, migration: str) -> None:
        """Forget a flag and its instances; the schema goes with the last one."""

        def work(db: psycopg.Connection[Any]) -> None:
            with db.transaction():
                db.execute("SELECT pg_advisory_xact_lock(hashtextextended('cutover.flags', 0))")
                row = db.execute("SELECT to_regclass('cutover_flags.flag') IS NOT NULL").fetchone()
                if not (row and row[0]):
                    return
                db.execute("DELETE FROM cutover_flags.history WHERE migration = %s", (migration,))
                db.execute("DELETE FROM cutover_flags.flag WHERE migration = %s", (migration,))
                if db.execute("SELECT FROM cutover_flags.flag LIMIT 1").rowcount == 0:
                    db.execute("DROP SCHEMA cutover_flags CASCADE")

        self._do(work)

    def _do(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        try:
            with connect(self.info, application="cutover/flags", statement_timeout="10s") as db:
                return work(db)
        except (ConnectionRefused, psycopg.OperationalError) as error:
            raise FlagStoreAway(
                f"the store of flags {self.info.label()} does not answer: {str(error).strip().splitlines()[0]}",
                fix=f"see that the database of the connection {self.info.conn_id!r} is there and takes the login.",
            ) from None
