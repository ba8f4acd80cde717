"""Judge the spec's expressions: by reading them, and by evaluating them twice over the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from cutover import sqlfiles
from cutover.postgres.preflight import expressions
from cutover.postgres.preflight.session import WAITED, undone
from cutover.postgres.preflight.trial import Doubt, Expression

if TYPE_CHECKING:
    from cutover.postgres.preflight.facts import Facts, Table

Answers = dict[tuple[str, ...], tuple[str, list[str | None]]]


def doubts(db: psycopg.Connection[Any], facts: Facts, table: Table) -> tuple[Doubt, ...]:
    """Return what makes verification of this table's expressions unsure."""
    asked = [Expression("columns", name, text) for name, text in table.spec.columns.items()]
    asked += [Expression("reverse", name, text) for name, text in table.spec.reverse.items()]
    if not asked or not table.looked_at:
        return ()
    known = _volatility(db, facts, table, asked)
    found = [doubt for expression in asked for doubt in expressions.doubts(expression, known)]
    certain = {(doubt.expression.side, doubt.expression.column) for doubt in found if doubt.certain}
    # What is known to change is not run: it may do more than give a value.
    twice = [e for e in asked if e.side == "columns" and (e.side, e.column) not in certain]
    return (*found, *_evaluated(db, facts, table, twice))


def _volatility(
    db: psycopg.Connection[Any], facts: Facts, table: Table, asked: Iterable[Expression]
) -> dict[str, expressions.Volatility]:
    calls = [call for expression in asked for call in expressions.called(expression.text)]
    schemas = {"pg_catalog", "public", table.relation.schema} | {call.schema for call in calls if call.schema}
    with undone(db, lock_wait=facts.limits.lock_wait, read_only=True), db.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            sqlfiles.text("preflight/volatility"),  # type: ignore[arg-type]
            {"names": sorted({call.name for call in calls}), "schemas": sorted(schemas)},
        )
        return {row["name"]: expressions.Volatility(row["volatile"], row["reads"]) for row in cursor}


def _evaluated(db: psycopg.Connection[Any], facts: Facts, table: Table, asked: list[Expression]) -> Iterator[Doubt]:
    key = table.key
    if not asked or key is None or not table.relation.readable:
        return
    try:
        first, second = (_answers(db, facts, table, asked) for _ in range(2))
    except (*WAITED, psycopg.Error):
        return  # what does not evaluate is reported by the trial, with the server's words
    for place, expression in enumerate(asked):
        for row_key, (row, values) in first.items():
            again = second.get(row_key)
            if again and again[0] == row and again[1][place] != values[place]:
                shown = f"{values[place]!r}, then {again[1][place]!r}"
                yield Doubt(expression, f"for the row with key {', '.join(row_key)} it gave {shown}", True)
                break


def _answers(db: psycopg.Connection[Any], facts: Facts, table: Table, asked: list[Expression]) -> Answers:
    """Values by key, with the row's own text: a row that was changed in between proves nothing."""
    assert table.key is not None
    alias = sql.Identifier(table.relation.name)
    columns = [sql.Identifier(table.relation.name, name) for name in table.key.columns]
    statement = sqlfiles.compose(
        "preflight/evaluate",
        key_texts=sql.SQL(", ").join(sql.SQL("{}::text").format(column) for column in columns),
        key=sql.SQL(", ").join(columns),
        alias=alias,
        live=sql.Identifier(table.relation.schema, table.relation.name),
        values=sql.SQL(", ").join(sql.SQL("({})::text").format(sql.SQL(e.text)) for e in asked),  # type: ignore[arg-type]
    )
    with undone(db, lock_wait=facts.limits.lock_wait, read_only=True):
        db.execute(sql.SQL("SET LOCAL search_path = {}, public").format(sql.Identifier(table.relation.schema)))
        return {tuple(row[0]): (row[1], row[2]) for row in db.execute(statement)}
