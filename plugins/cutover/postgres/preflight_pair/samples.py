"""What depends on the data: look at blue's rows, all of them or as many as time allows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from cutover.context import Db
from cutover.postgres.preflight.session import problem, undone
from cutover.postgres.preflight_pair import types
from cutover.postgres.preflight_pair.differences import new_checks, new_foreign_keys, new_not_null, new_uniques
from cutover.postgres.preflight_pair.structure import Constraint, Structure, Table
from cutover.postgres.preflight_pair.survival import Fit, Survival

if TYPE_CHECKING:
    from cutover.postgres.preflight_pair.facts import PairLimits

SOFT_SINCE = 160000  # pg_input_is_valid
TEXTS = ("character varying", "character")


@dataclass(frozen=True, slots=True)
class Question:
    """``query`` gives (rows seen, rows that do not fit), under a key ``(table, kind, name)``."""

    key: tuple[str, str, str]
    query: sql.Composed


def fits(here: Db, blue: Structure, found: Survival, limits: PairLimits) -> dict[tuple[str, str, str], Fit]:
    """Return how blue's rows fit what the design asks of them, by (table, kind, name).

    Kinds: ``type`` and ``rounds`` of a column, ``not_null`` of a column, ``check``, ``unique``, ``foreign``.
    """
    answers: dict[tuple[str, str, str], Fit] = {}
    for table in blue.travelling():
        new = found.after.tables.get(table.name)
        if new is None:
            continue
        ends = time.monotonic() + limits.sample_seconds
        for question in _questions(table, new, blue, here.info.server_version, limits.sample_rows):
            answers[question.key] = _ask(here, question, table, ends, limits)
    return answers


def _ask(here: Db, question: Question, table: Table, ends: float, limits: PairLimits) -> Fit:
    left = ends - time.monotonic()
    if left <= 0:
        return Fit(None, reason=f"not looked at within {limits.sample_seconds:g} s")
    try:
        with undone(here, lock_wait=limits.lock_wait, read_only=True, statement=f"{int(left * 1000) + 1}ms"):
            path = sql.SQL("SET LOCAL search_path = {}, public").format(sql.Identifier(table.relation.schema))
            here.execute(path)
            row = here.execute(question.query).fetchone()
    except psycopg.errors.QueryCanceled:
        return Fit(None, reason=f"not all looked at within {limits.sample_seconds:g} s")
    except psycopg.errors.DataError as error:
        return Fit(1, 1, False, problem(error).message)
    except psycopg.Error as error:
        return Fit(None, reason=problem(error).message)
    assert row is not None, "an aggregate returns a row"
    return Fit(int(row[1]), int(row[0]), int(row[0]) < limits.sample_rows)


def _questions(old: Table, new: Table, blue: Structure, version: int, rows: int) -> Iterator[Question]:
    yield from _of_types(old, new, version, rows)
    for name in new_not_null(old, new):
        yield Question((old.label, "not_null", name), _counted(old, _null(name), rows))
    for check in new_checks(old, new):
        broken = sql.SQL("({}) IS FALSE").format(sql.SQL(check.expression or "true"))  # type: ignore[arg-type]
        yield Question((old.label, "check", check.name), _counted(old, broken, rows))
    for index in new_uniques(old, new):
        plain = not (index.expressions or index.partial or index.exclusion)
        if plain and all(old.column(name) for name in index.columns):
            yield Question((old.label, "unique", index.name), _twice(old, index.columns))
    for key in new_foreign_keys(old, new):
        if _both_there(key, old, blue):
            yield Question((old.label, "foreign", key.name), _orphans(old, key, rows))


def _of_types(old: Table, new: Table, version: int, rows: int) -> Iterator[Question]:
    for column in old.columns:
        other = new.column(column.name)
        if other is None or column.generated or other.generated:
            continue
        verdict = types.verdict(column.type, other.type)
        if verdict == "depends":
            yield Question((old.label, "type", column.name), _as_type(old, column.name, other.type, version, rows))
        if verdict in ("depends", "rounds") and types.parse(column.type).base == types.parse(other.type).base:
            yield Question((old.label, "rounds", column.name), _rounds(old, column.name, other.type, version, rows))


def _null(name: str) -> sql.Composed:
    return sql.SQL("{} IS NULL").format(sql.Identifier(name))


def _counted(table: Table, bad: sql.Composable, rows: int) -> sql.Composed:
    return sql.SQL("SELECT count(*), count(*) FILTER (WHERE {}) FROM (SELECT * FROM ONLY {} LIMIT {}) AS seen").format(
        bad, sql.Identifier(*table.name), sql.Literal(rows)
    )


def _as_type(table: Table, name: str, type_: str, version: int, rows: int) -> sql.Composed:
    """Text is what travels: whether the new type's own input takes it. Before 16 only an error can say it."""
    column, wanted = sql.Identifier(name), types.parse(type_)
    if version >= SOFT_SINCE:
        bad = sql.SQL("NOT pg_input_is_valid({}::text, {})").format(column, sql.Literal(type_))
    elif wanted.base in TEXTS and wanted.modifiers:  # a cast would cut it
        bad = sql.SQL("length({}::text) > {}").format(column, sql.Literal(wanted.modifiers[0]))
    else:
        bad = sql.SQL("({}::text)::{} IS NULL AND {} IS NOT NULL").format(column, sql.SQL(type_), column)  # type: ignore[arg-type]
    return _counted(table, bad, rows)


def _rounds(table: Table, name: str, type_: str, version: int, rows: int) -> sql.Composed:
    column, cast = sql.Identifier(name), sql.SQL("::" + type_)  # type: ignore[arg-type]
    bad = sql.SQL("{}{} IS DISTINCT FROM {}").format(column, cast, column)
    if version >= SOFT_SINCE:
        valid = sql.SQL("pg_input_is_valid({}::text, {})").format(column, sql.Literal(type_))
        bad = sql.SQL("CASE WHEN {} THEN {} ELSE false END").format(valid, bad)
    return _counted(table, bad, rows)


def _twice(table: Table, columns: list[str]) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    there = sql.SQL(" AND ").join(sql.SQL("{} IS NOT NULL").format(sql.Identifier(name)) for name in columns)
    return sql.SQL(
        "SELECT coalesce(sum(n), 0), coalesce(sum(n - 1) FILTER (WHERE n > 1), 0)"
        " FROM (SELECT count(*) AS n FROM ONLY {} WHERE {} GROUP BY {}) AS seen"
    ).format(sql.Identifier(*table.name), there, names)


def _both_there(key: Constraint, table: Table, blue: Structure) -> bool:
    parent = blue.tables.get((key.parent_schema or "", key.parent or ""))
    return (
        parent is not None
        and all(table.column(name) for name in key.columns)
        and all(parent.column(name) for name in key.parent_columns)
    )


def _orphans(table: Table, key: Constraint, rows: int) -> sql.Composed:
    pairs = list(zip(key.columns, key.parent_columns, strict=True))
    there = sql.SQL(" AND ").join(sql.SQL("seen.{} IS NOT NULL").format(sql.Identifier(name)) for name, _ in pairs)
    same = sql.SQL(" AND ").join(
        sql.SQL("p.{} = seen.{}").format(sql.Identifier(parent), sql.Identifier(name)) for name, parent in pairs
    )
    bad = sql.SQL("{} AND NOT EXISTS (SELECT FROM {} AS p WHERE {})").format(
        there, sql.Identifier(key.parent_schema or "", key.parent or ""), same
    )
    return _counted(table, bad, rows)
