"""SQL parsed by PostgreSQL's own grammar, statement by statement, with lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import postgast
from google.protobuf.message import DecodeError


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a piece of SQL. ``line`` counts from 1 within the piece."""

    message: str
    fix: str | None = None
    line: int | None = None


class SqlFault(Exception):
    """The SQL as a whole cannot be used."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. ``node`` is ``None`` where it is nested too deeply to be looked into (its syntax is right)."""

    kind: str
    node: Any
    line: int


def statements(sql: str) -> list[Statement]:
    """:raises SqlFault: a syntax error, with its line."""
    try:
        tree = postgast.parse(sql)
    except postgast.PgQueryError as error:
        # The parser counts this position in characters, and those of statements in bytes.
        line = sql.count("\n", 0, max(error.cursorpos - 1, 0)) + 1
        raise SqlFault(Fault(_readable(error), None, line)) from None
    except DecodeError:
        return list(_one_by_one(sql))
    return [Statement(raw.stmt.WhichOneof("node"), _inner(raw), _line(sql, raw.stmt_location)) for raw in tree.stmts]


def nodes(node: Any) -> Iterator[Any]:
    """Yield every message of the tree, the root first."""
    for _, child in postgast.walk(node):
        yield child


def kind_of(node: Any) -> str:
    """Return the grammar's name of a node (``"FuncCall"``)."""
    return type(node).__name__


def _inner(raw: Any) -> Any:
    return getattr(raw.stmt, raw.stmt.WhichOneof("node"))


def _one_by_one(sql: str) -> Iterator[Statement]:
    # One statement is nested deeper than the tree's decoder goes; the others can still be looked into.
    start = 0
    for piece in postgast.split(sql):
        start = sql.index(piece, start)
        line = sql.count("\n", 0, start) + 1
        try:
            (raw,) = postgast.parse(piece).stmts
            yield Statement(raw.stmt.WhichOneof("node"), _inner(raw), line)
        except DecodeError:
            yield Statement("too_deep", None, line)
        start += len(piece)


def _line(sql: str, byte: int) -> int:
    return sql.encode()[:byte].count(b"\n") + 1


def _readable(error: postgast.PgQueryError) -> str:
    hint = " (psql's backslash commands are no SQL)" if 'near "\\"' in error.message else ""
    return f"no valid SQL: {error.message}{hint}"
