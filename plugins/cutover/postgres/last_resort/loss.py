"""What going back to a rollback point would lose, row by row: the database as it is now against the restored one."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import sql
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.context import Db, RunContext
from cutover.postgres.backup import pairing
from cutover.postgres.backup.pairing import Seen
from cutover.postgres.contents import STATE_SCHEMA
from cutover.postgres.online.names import STATE_SCHEMA as ONLINE_SCHEMA

SHOWN = 8
OURS = [STATE_SCHEMA, ONLINE_SCHEMA]


@dataclass(frozen=True, slots=True)
class Lost:
    """One table. ``new`` rows will be gone, ``changed`` ones as they were, ``deleted`` ones there again.

    :ivar at_least: the table has no key to tell rows by: so many more, or one that is another.
    """

    new: int = 0
    changed: int = 0
    deleted: int = 0
    at_least: bool = False

    @property
    def rows(self) -> int:
        return self.new + self.changed + self.deleted


@dataclass(frozen=True, slots=True)
class Loss:
    """:ivar tables: those that differ, by name. :ivar minutes: since the point was taken."""

    minutes: float
    tables: Mapping[str, Lost] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())

    def __str__(self) -> str:
        if not self.tables:
            return f"no row, in {self.minutes:.1f} minutes"
        most = sorted(self.tables.items(), key=lambda item: -item[1].rows)
        named = ", ".join(f"{_number(table)} in {label}" for label, table in most[:SHOWN])
        more = f" and more in {len(most) - SHOWN} further tables" if len(most) > SHOWN else ""
        least = "at least " if any(table.at_least for table in self.tables.values()) else ""
        return f"{least}{self.rows:,} rows written in {self.minutes:.1f} minutes: {named}{more}"

    def as_dict(self) -> dict[str, Any]:
        """Return it JSON-safe."""
        tables = {
            label: {"new": one.new, "changed": one.changed, "deleted": one.deleted, "at_least": one.at_least}
            for label, one in self.tables.items()
        }
        return {"rows": self.rows, "minutes": round(self.minutes, 2), "tables": tables, "text": str(self)}


@dataclass(frozen=True, slots=True)
class _Table:
    schema: str
    name: str
    rows: int
    columns: Mapping[str, str]
    key: Sequence[str]

    @property
    def label(self) -> str:
        return f"{self.schema}.{self.name}"


def measure(ctx: RunContext, then: ConnectionInfo, now: ConnectionInfo, taken: datetime, workers: int) -> Loss:
    """Compare every row of both, each in one snapshot; clients may go on writing.

    Columns that only one of them has, or that have another type by now, are left out: what the migration made is no
    loss of anybody's.
    """
    found: dict[str, Lost] = {}
    with pairing.exported(ctx, then) as (old, left), pairing.exported(ctx, now) as (new, right):
        row = new.execute("SELECT extract(epoch FROM clock_timestamp() - %s)::float8", (taken,)).fetchone()
        before, after = ({table.label: table for table in _tables(db)} for db in (old, new))
        for label in sorted(before.keys() | after.keys()):
            ctx.cancel.check()
            lost = _one(ctx, before.get(label), after.get(label), (old, left), (new, right), workers)
            if lost.rows:
                found[label] = lost
    return Loss((row[0] if row else 0) / 60, found)


def _one(
    ctx: RunContext,
    before: _Table | None,
    after: _Table | None,
    then: tuple[Db, Seen],
    now: tuple[Db, Seen],
    workers: int,
) -> Lost:
    if before is None or after is None:
        gone, there = (_count(then[0], before), 0) if before else (0, _count(now[0], after))
        return Lost(new=there, deleted=gone)
    columns = [name for name, kind in before.columns.items() if after.columns.get(name) == kind]
    relation = pairing.columns_of(before.schema, before.name, columns)
    if before.key and before.key == after.key and set(before.key) <= set(columns):
        diff = pairing.diff(
            ctx, then[1], now[1], relation, key=before.key, columns=columns, label=before.label, rows=before.rows,
            workers=workers,
        )  # fmt: skip
        return Lost(new=diff.missing_left, changed=diff.changed, deleted=diff.missing_right)
    if not columns:
        return Lost(changed=max(_count(then[0], before), _count(now[0], after)))
    seed = random.SystemRandom().getrandbits(62)
    one, other = (pairing.digest(db, relation, columns, seed) for db in (then[0], now[0]))
    if one == other:
        return Lost()
    more = other[0] - one[0]
    return Lost(new=max(more, 0), deleted=max(-more, 0), changed=int(more == 0), at_least=True)


def _tables(db: Db) -> list[_Table]:
    with db.cursor(row_factory=class_row(_Table)) as cursor:
        return cursor.execute(sqlfiles.text("last_resort/tables"), {"ours": OURS}).fetchall()  # type: ignore[arg-type]


def _count(db: Db, table: _Table | None) -> int:
    assert table is not None, "the caller has one of both"
    query = sql.SQL("SELECT count(*) FROM ONLY {}").format(sql.Identifier(table.schema, table.name))
    row = db.execute(query).fetchone()
    return int(row[0]) if row else 0


def _number(lost: Lost) -> str:
    parts = {"new": lost.new, "changed": lost.changed, "deleted": lost.deleted}
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in parts.items() if number)
    return f"{lost.rows:,} ({kinds})"
