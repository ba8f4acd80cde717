"""What a run has done on each side, kept there and committed with the work itself.

Of the two rows of a run at most one says ``live``: the fence of a side goes up in the transaction that takes ``live``
away from it, and comes down in the one that gives it ``live``; and the second never begins before the first has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from cutover import sqlfiles
from cutover.postgres.blue_green.names import SCHEMA, Names, SideName
from cutover.postgres.blue_green.tables import TableMap

# building: green is being made. built: its tables stand, empty. copied: the rows of the snapshot are there.
# indexed: keys, indexes and constraints as well. following: what is written on the live side arrives.
PHASES = ("building", "built", "copied", "indexed", "following")


@dataclass(frozen=True, slots=True)
class Side:
    """One run's row on one side.

    :ivar detail: what later steps need to know; the tables of the run under ``tables``.
    """

    run_id: str
    number: int
    side: SideName
    live: bool
    phase: str
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> Names:
        return Names(self.number)

    @property
    def tables(self) -> list[TableMap]:
        """The run's tables, in an order in which locks can be taken."""
        return [TableMap.from_json(each) for each in self.detail.get("tables", [])]

    def at_least(self, phase: str) -> bool:
        return PHASES.index(self.phase) >= PHASES.index(phase)


def prepare(db: psycopg.Connection[Any]) -> None:
    """Create the state schema; idempotent and safe against another run doing the same."""
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(hashtextextended('cutover.sync.state', 0))")
        db.execute(sqlfiles.text("blue_green/state"))  # type: ignore[arg-type]


def add(db: psycopg.Connection[Any], run_id: str, number: int, side: SideName, *, live: bool, phase: str) -> None:
    """Record a side of a run; what is there already stays as it is."""
    db.execute(
        "INSERT INTO cutover_sync.run (run_id, number, side, live, phase) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (run_id) DO NOTHING",
        (run_id, number, side, live, phase),
    )


def find(db: psycopg.Connection[Any], run_id: str) -> Side | None:
    """Return the run's row on this side; None where it has not come here, or was cleaned up."""
    row = db.execute("SELECT to_regclass('cutover_sync.run') IS NOT NULL").fetchone()
    if not (row and row[0]):
        return None
    with db.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(
            "SELECT run_id, number, side, live, phase, detail FROM cutover_sync.run WHERE run_id = %s", (run_id,)
        ).fetchone()
    return Side(**found) if found else None


def set_phase(db: psycopg.Connection[Any], run_id: str, phase: str) -> None:
    """Store how far the run has come on this side, in the caller's transaction."""
    db.execute(
        "UPDATE cutover_sync.run SET phase = %s, updated_at = clock_timestamp() WHERE run_id = %s", (phase, run_id)
    )


def set_live(db: psycopg.Connection[Any], run_id: str, live: bool) -> None:
    """Give this side the writes, or take them away; only in the transaction that lowers or raises its fence."""
    db.execute(
        "UPDATE cutover_sync.run SET live = %s, updated_at = clock_timestamp() WHERE run_id = %s", (live, run_id)
    )


def set_tables(db: psycopg.Connection[Any], run_id: str, tables: Sequence[TableMap]) -> None:
    """Store the run's tables on this side."""
    put(db, run_id, tables=[table.to_json() for table in tables])


def put(db: psycopg.Connection[Any], run_id: str, **detail: Any) -> None:
    """Add to what later steps need to know; None takes an entry away."""
    db.execute(
        "UPDATE cutover_sync.run SET detail = jsonb_strip_nulls(detail || %s), updated_at = clock_timestamp()"
        " WHERE run_id = %s",
        (Jsonb(detail), run_id),
    )


def forget(db: psycopg.Connection[Any], run_id: str) -> None:
    """Remove the run's state from this side, and the state schema with the last run."""
    if find(db, run_id) is None:
        return
    with db.transaction():
        db.execute(
            "DELETE FROM cutover_sync.heartbeat WHERE number = (SELECT number FROM cutover_sync.run WHERE run_id = %s)",
            (run_id,),
        )
        db.execute("DELETE FROM cutover_sync.run WHERE run_id = %s", (run_id,))
        left = db.execute("SELECT count(*) FROM cutover_sync.run").fetchone()
        if left and left[0] == 0:
            db.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(SCHEMA)))
