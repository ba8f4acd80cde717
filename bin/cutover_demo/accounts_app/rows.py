"""Single rows by their columns: what both shapes are written with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from cutover_demo.transaction import WrongAnswer

Session = psycopg.Connection[Any]
Known = dict[str, Any]  # what is known of one thing, as JSON


@dataclass(frozen=True, slots=True)
class Expression:
    """A value that the server computes: SQL with ``%s`` for each of ``values``."""

    text: str
    values: tuple[Any, ...] = ()


def insert(db: Session, table: str, values: Mapping[str, Any]) -> Any:
    """Insert a row; return its ``id``."""
    names, given, parameters = _parts(values)
    text = sql.SQL("INSERT INTO public.{} ({}) VALUES ({}) RETURNING id").format(
        sql.Identifier(table), sql.SQL(", ").join(names), sql.SQL(", ").join(given)
    )
    row = db.execute(text, parameters).fetchone()
    assert row is not None
    return row[0]


def update(db: Session, table: str, where: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Change one row. :raises WrongAnswer: it is not there, or there twice."""
    names, given, parameters = _parts(values)
    pairs = sql.SQL(", ").join(sql.SQL("{} = {}").format(name, value) for name, value in zip(names, given, strict=True))
    condition, more = _where(where)
    _one(
        db.execute(
            sql.SQL("UPDATE public.{} SET {} WHERE {}").format(sql.Identifier(table), pairs, condition),
            [*parameters, *more],
        ),
        f"changing {table} {where}",
    )


def delete(db: Session, table: str, where: Mapping[str, Any], *, one: bool = True) -> None:
    """Delete one row, or as many as there are. :raises WrongAnswer: it is not there, or there twice."""
    condition, parameters = _where(where)
    done = db.execute(sql.SQL("DELETE FROM public.{} WHERE {}").format(sql.Identifier(table), condition), parameters)
    if one:
        _one(done, f"deleting from {table} {where}")


def _parts(values: Mapping[str, Any]) -> tuple[list[sql.Composable], list[sql.Composable], list[Any]]:
    names: list[sql.Composable] = [sql.Identifier(name) for name in values]
    given: list[sql.Composable] = []
    parameters: list[Any] = []
    for value in values.values():
        if isinstance(value, Expression):
            given.append(sql.SQL(value.text))  # type: ignore[arg-type]  # texts of this package
            parameters += value.values
        else:
            given.append(sql.Placeholder())
            parameters.append(value)
    return names, given, parameters


def _where(where: Mapping[str, Any]) -> tuple[sql.Composed, list[Any]]:
    parts = [sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder()) for name in where]
    return sql.SQL(" AND ").join(parts), list(where.values())


def _one(cursor: psycopg.Cursor[Any], what: str) -> None:
    if cursor.rowcount != 1:
        raise WrongAnswer(f"{what} touched {cursor.rowcount} rows instead of 1")
