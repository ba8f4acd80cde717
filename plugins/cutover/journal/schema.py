"""Create or upgrade the journal's schema by the numbered files of ``include/sql/journal/schema``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg

from cutover import sqlfiles
from cutover.journal.calls import Calls
from cutover.journal.errors import JournalMissing

_LOCK = 4_817_220_101  # any constant of ours: one upgrade at a time
_FILE = re.compile(r"^(\d{4})_\w+\.sql$")


def upgrades() -> list[tuple[int, Path]]:
    """Return ``(version, file)`` in order; versions count 1, 2, 3 without gaps."""
    folder = sqlfiles.include_folder() / "sql" / "journal" / "schema"
    found = sorted((int(m[1]), path) for path in folder.iterdir() if (m := _FILE.match(path.name)))
    assert [version for version, _ in found] == list(range(1, len(found) + 1)), f"gap or twin in {folder}"
    return found


class Schema(Calls):
    """The schema of the journal."""

    def migrate(self) -> int:
        """Bring the schema to this code's version; does nothing, in a millisecond, where it is already there.

        :returns: the version.
        :raises JournalMissing: the database's journal is newer than this code.
        """
        files = upgrades()
        wanted = files[-1][0]

        def work(db: psycopg.Connection[Any]) -> int:
            if self._usable(_version(db), wanted):
                return wanted
            with db.transaction():
                db.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
                present = _version(db)
                if not self._usable(present, wanted):
                    _upgrade(db, [(v, path) for v, path in files if v > present])
            return wanted

        return self.attempt(work)

    def _usable(self, present: int, wanted: int) -> bool:
        if present > wanted:
            raise JournalMissing(
                f"the journal {self.info.label()} has schema version {present}, this code knows {wanted}.",
                fix="deploy the newer Cutover on this machine, too.",
            )
        return present == wanted


def _version(db: psycopg.Connection[Any]) -> int:
    if not _there(db)["has_version"]:
        return 0
    row: Any = db.execute("select max(version) as version from cutover_journal.schema_version").fetchone()
    return row["version"] or 0


def _there(db: psycopg.Connection[Any]) -> dict[str, bool]:
    row: Any = db.execute(sqlfiles.text("journal/schema_version")).fetchone()
    return row


def _upgrade(db: psycopg.Connection[Any], files: list[tuple[int, Path]]) -> None:
    # CREATE SCHEMA IF NOT EXISTS asks for the privilege even where the schema exists, so look first.
    if not _there(db)["has_schema"]:
        db.execute("create schema cutover_journal")
    db.execute(sqlfiles.text("journal/schema_version_table"))
    for version, path in files:
        db.execute(path.read_bytes())
        db.execute("insert into cutover_journal.schema_version (version) values (%s)", (version,))
