"""What shadow reads have found, as the store knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.flags.sessions import Sessions


@dataclass(frozen=True, slots=True)
class ShadowCount:
    """How many reads of one kind were compared, and how many differed to the end."""

    what: str
    reads: int
    mismatches: int


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One read whose answers differed.

    :ivar key: what was read; text as it is, everything else as JSON. :ivar old: the old side's answer, as JSON, cut; or
        its error. :ivar version: the flag's, under which the work was begun. :ivar at: by the instance's clock.
    """

    id: int
    what: str
    key: str
    old: str
    new: str
    instance: str
    version: int
    at: datetime


class ShadowReads(Sessions):
    """The part of the store that shadow reads are told to."""

    def shadow(self, migration: str) -> list[ShadowCount]:
        """Return how many reads were compared, by what was read."""

        def work(db: psycopg.Connection[Any]) -> list[ShadowCount]:
            with db.cursor(row_factory=class_row(ShadowCount)) as cursor:
                return cursor.execute(
                    "SELECT what, reads, mismatches FROM cutover_flags.shadow WHERE migration = %s ORDER BY what",
                    (migration,),
                ).fetchall()

        return self._do(work)

    def mismatches(self, migration: str, after: int = 0, limit: int = 100) -> list[Mismatch]:
        """Return mismatches in the order in which they were told; only the first 1000 of a migration are kept.

        :param after: the id of the last one that the caller has.
        """

        def work(db: psycopg.Connection[Any]) -> list[Mismatch]:
            asked = {"migration": migration, "after": after, "limit": limit}
            with db.cursor(row_factory=class_row(Mismatch)) as cursor:
                return cursor.execute(sqlfiles.text("flags/mismatches").encode(), asked).fetchall()

        return self._do(work)

    def forget_mismatches(self, migration: str) -> None:
        """Begin to count anew. What instances have compared and not told yet still arrives, with their next beat."""

        def work(db: psycopg.Connection[Any]) -> None:
            with db.transaction():
                db.execute("DELETE FROM cutover_flags.mismatch WHERE migration = %s", (migration,))
                db.execute("DELETE FROM cutover_flags.shadow WHERE migration = %s", (migration,))

        self._do(work)
