"""The store of flags: a schema in Postgres. Each change is one transaction, and is heard by whoever listens."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

import psycopg

from cutover import sqlfiles
from cutover.flags import rows, rules
from cutover.flags.errors import FlagUnknown
from cutover.flags.flag import Flag, Instance
from cutover.flags.mode import Mode
from cutover.flags.shadows import ShadowReads


class FlagStore(ShadowReads):
    """All flags of one database. Holds no connection: each call opens one, and says so where it cannot.

    :param info: the database; its login needs ``include/sql/roles/flags.sql``.
    """

    def prepare(self) -> None:
        """Make the schema where it is missing, for all applications that may use it; safe when two do it at once."""

        def work(db: psycopg.Connection[Any]) -> None:
            with db.transaction():
                db.execute("SELECT pg_advisory_xact_lock(hashtextextended('cutover.flags', 0))")
                db.execute(sqlfiles.text("flags/schema").encode())
                db.execute(sqlfiles.text("flags/grants").encode())

        self._do(work)

    def create(self, migration: str, by: str | None = None) -> Flag:
        """Return the flag of a migration; a new one begins with the old side only."""

        def work(db: psycopg.Connection[Any]) -> None:
            with db.transaction():
                db.execute(
                    "INSERT INTO cutover_flags.flag (migration, mode, changed_by) VALUES (%s, %s, %s)"
                    " ON CONFLICT (migration) DO NOTHING",
                    (migration, Mode.OLD_ONLY, by),
                )
                db.execute("SELECT pg_notify(%s, %s)", (rows.CHANNEL, migration))

        with contextlib.suppress(FlagUnknown):
            return self.get(migration)
        self.prepare()
        self._do(work)
        return self.get(migration)

    def get(self, migration: str) -> Flag:
        """:raises FlagUnknown: there is none. :raises FlagStoreAway: the store cannot be reached."""
        return self._do(lambda db: rows.read(db, migration))

    def all(self) -> list[Flag]:
        """Return every flag of the store, by name."""
        return self._do(rows.everything)

    def set(
        self,
        before: Flag,
        mode: Mode | str,
        *,
        read_new: float = 0,
        shadow: float = 0,
        hold: timedelta | None = None,
        only_while_held: bool = False,
        by: str | None = None,
        note: str | None = None,
    ) -> Flag:
        """Move a flag on from ``before``, the version that the caller has seen; the same once more changes nothing.

        :param hold: for so long no instance begins anything but reading; the same mode without it ends a hold.
        :param only_while_held: not when the hold of ``before`` is over by the server's clock.
        :raises ModeRefused: a mode would be left out: instances of the one and of the other would lose writes.
        :raises FlagChanged: it is another version by now. :raises HoldOver: instances may have gone on.
        """
        wanted = Mode.of(mode)
        rules.check(before, wanted, read_new, shadow, hold)
        same = (before.mode, before.read_new, before.shadow) == (wanted, float(read_new), float(shadow))
        if same and not hold and not before.held_for:
            return before
        asked = {
            "migration": before.migration,
            "version": before.version,
            "mode": wanted,
            "read_new": read_new,
            "shadow": shadow,
            "hold": hold,
            "only_while_held": only_while_held,
            "by": by,
            "note": note,
        }

        def work(db: psycopg.Connection[Any]) -> int:
            with db.transaction():
                db.execute(rows.ALONE, (before.migration,))
                return db.execute(sqlfiles.text("flags/put").encode(), asked).rowcount

        changed = self._do(work)
        now = self.get(before.migration)
        found = (now.version, now.mode, now.read_new, now.shadow, bool(now.held_for), now.changed_by)
        # A connection that broke after COMMIT was sent: the change is there, and nobody else's.
        if changed or found == (before.version + 1, wanted, float(read_new), float(shadow), bool(hold), by):
            return now
        raise rules.refused(before, now)

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
                db.execute("SELECT pg_notify(%s, %s)", (rows.CHANNEL, migration))
                if db.execute("SELECT FROM cutover_flags.flag LIMIT 1").rowcount == 0:
                    db.execute("DROP SCHEMA cutover_flags CASCADE")

        self._do(work)
