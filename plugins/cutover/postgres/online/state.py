"""What a run has done to each table, kept in the migrated database and committed with the work itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from cutover import sqlfiles
from cutover.errors import CutoverError
from cutover.postgres.online.design import Design
from cutover.postgres.online.names import Names

PHASES = ("built", "capturing", "filled", "keyed", "indexed", "swapped", "settled", "swapped_back")


class TableTaken(CutoverError):
    """Another run works on the table, or its rollback window is still open."""

    code = "ONL001"


class Moved(CutoverError):
    """Two processes worked on one run; the second gives way."""

    code = "ONL007"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of one run. ``original`` and ``shadow`` are oids: names change sides, oids do not."""

    run_id: str
    names: Names
    original: int
    shadow: int
    live: str
    phase: str
    design: Design
    fingerprint: dict[str, Any]

    @property
    def other(self) -> str:
        return "shadow" if self.live == "original" else "original"

    @property
    def label(self) -> str:
        return f"{self.names.schema}.{self.names.table}"

    def at_least(self, phase: str) -> bool:
        return PHASES.index(self.phase) >= PHASES.index(phase)


def prepare(db: psycopg.Connection[Any], run_id: str, number: int) -> None:
    """Create the state schema and the run's row; idempotent and safe against another run doing the same."""
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(hashtextextended('cutover.online.state', 0))")
        db.execute(sqlfiles.text("online/state"))  # type: ignore[arg-type]
        db.execute(
            "INSERT INTO cutover.online_run (run_id, number) VALUES (%s, %s) ON CONFLICT (run_id) DO NOTHING",
            (run_id, number),
        )


def exists(db: psycopg.Connection[Any]) -> bool:
    """Whether this database has any state of the online strategy."""
    row = db.execute("SELECT to_regclass('cutover.online_table') IS NOT NULL").fetchone()
    return bool(row and row[0])


def tables(db: psycopg.Connection[Any], run_id: str) -> list[Table]:
    """Return the run's tables in the order of the spec; none when nothing was built (or all is cleaned up)."""
    if not exists(db):
        return []
    with db.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            "SELECT t.*, r.number FROM cutover.online_table t JOIN cutover.online_run r USING (run_id)"
            " WHERE run_id = %s ORDER BY ordinal",
            (run_id,),
        )
        return [_table(row) for row in cursor]


def _table(row: dict[str, Any]) -> Table:
    return Table(
        run_id=row["run_id"],
        names=Names(row["number"], row["ordinal"], row["schema_name"], row["table_name"]),
        original=row["original"],
        shadow=row["shadow"],
        live=row["live"],
        phase=row["phase"],
        design=Design.from_json(row["design"]),
        fingerprint=row["fingerprint"],
    )


def add(db: psycopg.Connection[Any], table: Table) -> None:
    """Record a freshly built table.

    :raises TableTaken: another run has it.
    """
    names = table.names
    try:
        db.execute(
            "INSERT INTO cutover.online_table"
            " (run_id, ordinal, schema_name, table_name, original, shadow, phase, design, fingerprint)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                *(table.run_id, names.ordinal, names.schema, names.table, table.original, table.shadow, table.phase),
                *(Jsonb(table.design.to_json()), Jsonb(table.fingerprint)),
            ),
        )
    except psycopg.errors.UniqueViolation:
        raise TableTaken(
            f"table {table.label} is in the hands of another run, or in its rollback window.",
            fix="finalize or roll back that run: SELECT run_id, table_name FROM cutover.online_table",
        ) from None


def refuse_taken(db: psycopg.Connection[Any], run_id: str, schema: str, table: str) -> None:
    """:raises TableTaken: naming the other run that holds the table."""
    row = db.execute(
        "SELECT run_id FROM cutover.online_table WHERE (schema_name, table_name) = (%s, %s) AND run_id <> %s",
        (schema, table, run_id),
    ).fetchone()
    if row:
        raise TableTaken(
            f"table {schema}.{table} is in the hands of run {row[0]!r}, or in its rollback window.",
            fix=f"finalize it (python -m cutover finalize {row[0]}) or roll it back first.",
        )


def set_phase(db: psycopg.Connection[Any], table: Table, phase: str, *, live: str | None = None) -> Table:
    """Store a table's phase (and which side is live) in the caller's transaction."""
    db.execute(
        "UPDATE cutover.online_table SET phase = %s, live = coalesce(%s, live), updated_at = now(),"
        " swapped_at = CASE WHEN %s::text IS NULL THEN swapped_at ELSE clock_timestamp() END"
        " WHERE run_id = %s AND ordinal = %s",
        (phase, live, live, table.run_id, table.names.ordinal),
    )
    return replace(table, phase=phase, live=live or table.live)


def confirm(db: psycopg.Connection[Any], expected: list[Table]) -> None:
    """Lock the tables' rows for the transaction and see that they are as the caller read them.

    :raises Moved: another process changed sides meanwhile.
    """
    for table in expected:
        row = db.execute(
            "SELECT live, phase FROM cutover.online_table WHERE (run_id, ordinal) = (%s, %s) FOR UPDATE",
            (table.run_id, table.names.ordinal),
        ).fetchone()
        if row != (table.live, table.phase):
            raise Moved(
                f"{table.label} changed its state while this step was under way: {row} instead of"
                f" {(table.live, table.phase)}.",
                fix="run the step again; it goes on from what the database says.",
            )


def set_design(db: psycopg.Connection[Any], table: Table, design: Design) -> Table:
    """Store what was learned about a table after it was built."""
    db.execute(
        "UPDATE cutover.online_table SET design = %s, updated_at = now() WHERE run_id = %s AND ordinal = %s",
        (Jsonb(design.to_json()), table.run_id, table.names.ordinal),
    )
    return replace(table, design=design)


def forget(db: psycopg.Connection[Any], run_id: str) -> None:
    """Remove the run's state, and the state schema with the last run."""
    db.execute("DELETE FROM cutover.online_run WHERE run_id = %s", (run_id,))
    left = db.execute("SELECT count(*) FROM cutover.online_run").fetchone()
    if left and left[0] == 0:
        db.execute("DROP TABLE cutover.online_table, cutover.online_run, cutover.truncation")
        db.execute("DROP SCHEMA cutover")


def swapped(items: list[Table]) -> Iterator[Table]:
    """Yield the tables whose shadow is live."""
    return (table for table in items if table.live == "shadow")
