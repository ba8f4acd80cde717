"""SQL parsed by PostgreSQL's own grammar, statement by statement, with lines."""

from __future__ import annotations

import re
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


# What makes a tree one level deeper without a parenthesis, which the grammar itself limits.
_CHAINING = re.compile(
    r"(?P<skip>'(?:[^']|'')*'|\"[^\"]*\"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|--[^\n]*|/\*.*?\*/)|(?P<end>;)"
    r"|(?P<link>[-+*/<>=~!@#%^&|`?:]+|\b(?:union|intersect|except|join|collate|at|is|isnull|notnull)\b)",
    re.DOTALL | re.IGNORECASE,
)
_MAX_LINKS = 10_000
_AROUND = tuple(postgast.pg_query_pb2.Token.Value(name) for name in ("SQL_COMMENT", "C_COMMENT", "ASCII_59"))


def statements(sql: str) -> list[Statement]:
    """:raises SqlFault: a syntax error, with its line."""
    _refuse_chains(sql)
    try:
        tree = postgast.parse(sql)
    except postgast.PgQueryError as error:
        # The parser counts this position in characters, and those of statements in bytes.
        line = sql.count("\n", 0, max(error.cursorpos - 1, 0)) + 1
        raise SqlFault(Fault(_readable(error), None, line)) from None
    except DecodeError:
        return list(_one_by_one(sql))
    return list(_with_lines(sql.encode(), tree.stmts))


def nodes(node: Any) -> Iterator[Any]:
    """Yield every message of the tree, the root first."""
    for _, child in postgast.walk(node):
        yield child


def bare(sql: str) -> str:
    """Return one statement as it can stand in parentheses: without comments and semicolons around it.

    :raises SqlFault: it is no SQL.
    """
    try:
        found = [token for token in postgast.scan(sql).tokens if token.token not in _AROUND]
    except postgast.PgQueryError as error:
        raise SqlFault(Fault(_readable(error))) from None
    # The scanner counts in bytes.
    return sql.encode()[found[0].start : found[-1].end].decode() if found else ""


def kind_of(node: Any) -> str:
    """Return the grammar's name of a node (``"FuncCall"``)."""
    return type(node).__name__


def _refuse_chains(sql: str) -> None:
    # Beyond some ten thousand operators in a row the parser's tree outgrows the process' stack, and ends it.
    if len(sql) < 2 * _MAX_LINKS:
        return
    links = 0
    for found in _CHAINING.finditer(sql):
        links = 0 if found["end"] else links + bool(found["link"])
        if links > _MAX_LINKS:
            line = sql.count("\n", 0, found.start()) + 1
            message = f"a statement of more than {_MAX_LINKS} operators"
            raise SqlFault(Fault(message, "split it; keep data out of migrations", line))


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


def _with_lines(sql: bytes, raws: Any) -> Iterator[Statement]:
    line, place = 1, 0
    for raw in raws:
        line, place = line + sql.count(b"\n", place, raw.stmt_location), raw.stmt_location
        yield Statement(raw.stmt.WhichOneof("node"), _inner(raw), line)


def _readable(error: postgast.PgQueryError) -> str:
    hint = " (psql's backslash commands are no SQL)" if 'near "\\"' in error.message else ""
    return f"no valid SQL: {error.message}{hint}"
