"""Sequences never replicate: the target's are set to exactly what the origin's say, once nobody can write any more.

Exactly, and no margin: ``last_value`` already covers the values that sessions have cached, whatever the sequence's
direction, increment or cycle. Read from the sequence itself, because ``pg_sequences`` hides a value that was set and
not yet used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg import sql
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.context import Db


@dataclass(frozen=True, slots=True)
class SequenceFacts:
    """One sequence, and the column it feeds."""

    schema_name: str
    sequence_name: str
    increment: int
    table_schema: str | None
    table_name: str | None
    column_name: str | None

    @property
    def name(self) -> tuple[str, str]:
        return self.schema_name, self.sequence_name

    @property
    def column(self) -> tuple[str | None, str | None, str | None]:
        return self.table_schema, self.table_name, self.column_name

    @property
    def literal(self) -> sql.Literal:
        return sql.Literal(sql.Identifier(*self.name).as_string(None))


@dataclass(frozen=True, slots=True)
class SequencePairs:
    """What is to be carried: (origin's, target's) in ``pairs``; ``fresh`` are those that only the target has."""

    pairs: tuple[tuple[SequenceFacts, SequenceFacts], ...]
    fresh: tuple[SequenceFacts, ...]


def gather(db: Db) -> list[SequenceFacts]:
    """Return every sequence of the database."""
    with db.cursor(row_factory=class_row(SequenceFacts)) as cursor:
        return cursor.execute(sqlfiles.text("blue_green/sequences")).fetchall()  # type: ignore[arg-type]


def pair(origin: Iterable[SequenceFacts], target: Iterable[SequenceFacts]) -> SequencePairs:
    """Match by the column that is fed, then by name: a migration may rename a sequence, or turn serial to identity."""
    known = list(origin)
    by_column = {each.column: each for each in known if each.column_name}
    by_name = {each.name: each for each in known}
    pairs, fresh = [], []
    for each in target:
        fellow = (by_column.get(each.column) if each.column_name else None) or by_name.get(each.name)
        if fellow:
            pairs.append((fellow, each))
        elif each.column_name:
            fresh.append(each)
    return SequencePairs(tuple(pairs), tuple(fresh))


def read(db: Db, wanted: Sequence[SequenceFacts]) -> list[tuple[int, bool]]:
    """Return ``(last_value, is_called)`` of each, in one statement."""
    if not wanted:
        return []
    parts = [
        sql.SQL("SELECT {}::integer AS i, last_value, is_called FROM {}").format(
            sql.Literal(number), sql.Identifier(*each.name)
        )
        for number, each in enumerate(wanted)
    ]
    rows = db.execute(sql.SQL(" UNION ALL ").join(parts) + sql.SQL(" ORDER BY i")).fetchall()
    return [(int(value), bool(called)) for _, value, called in rows]


def carry(origin: Db, target: Db, found: SequencePairs) -> int:
    """Set the target's sequences; return how many. Nobody writes on either side meanwhile."""
    values = read(origin, [each for each, _ in found.pairs])
    settings = [
        sql.SQL("setval({}, {}, {})").format(each.literal, sql.Literal(value), sql.Literal(called))
        for (_, each), (value, called) in zip(found.pairs, values, strict=True)
    ]
    settings += [_after_the_last(each) for each in found.fresh]
    for start in range(0, len(settings), 500):  # a SELECT has 1,664 columns at most
        target.execute(sql.SQL("SELECT ") + sql.SQL(", ").join(settings[start : start + 500]))
    return len(settings)


def _after_the_last(each: SequenceFacts) -> sql.Composed:
    """A sequence that only the target has goes on after the greatest value of its column (the smallest, downwards)."""
    last = sql.SQL("max" if each.increment > 0 else "min")
    return sql.SQL("(SELECT setval({}, {}({}), true) FROM {} HAVING {}({}) IS NOT NULL)").format(
        each.literal,
        last,
        sql.Identifier(each.column_name or ""),
        sql.Identifier(each.table_schema or "", each.table_name or ""),
        last,
        sql.Identifier(each.column_name or ""),
    )
