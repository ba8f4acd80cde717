"""What is in a database that a fresh one has not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.context import Db

# Where a run between two databases keeps its state, on either side; no dump has it.
STATE_SCHEMA = "cutover_sync"


@dataclass(frozen=True, slots=True)
class Content:
    """One thing that is there. ``statement`` drops it."""

    kind: str
    name: str
    statement: str | None


def find(db: Db, extensions: Sequence[str]) -> list[Content]:
    """Return what is in the database beside our state and the ``extensions``."""
    with db.cursor(row_factory=class_row(Content)) as cursor:
        return cursor.execute(sqlfiles.text("dump/contents"), {"extensions": list(extensions)}).fetchall()  # type: ignore[arg-type]


def extensions(db: Db) -> list[str]:
    """Return the names of the extensions that are installed."""
    return [row[0] for row in db.execute("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1")]
