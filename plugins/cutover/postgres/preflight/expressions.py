"""Whether an expression of the spec gives the same value for the same row tomorrow: verification rests on it.

What can be told from the text alone is told by the spec's own checks; here the catalog is asked too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import postgast
from postgast import pg_query_pb2 as pb

from cutover.postgres.preflight.trial import Doubt, Expression
from cutover.spec.expressions import faults

TIMES = frozenset({"now", "today", "tomorrow", "yesterday"})


@dataclass(frozen=True, slots=True)
class Called:
    """A function that an expression names; ``schema`` is None where it says none."""

    schema: str | None
    name: str
    arguments: int


@dataclass(frozen=True, slots=True)
class Volatility:
    """What the catalog says of all functions of one name that an expression could mean.

    :param volatile: all of them are VOLATILE; :param reads: one outside pg_catalog is not IMMUTABLE.
    """

    volatile: bool
    reads: bool


def parse(text: str) -> Any:
    """Return the parsed ``SELECT (text)``, or None where it is no expression: the server then says why."""
    try:
        tree = postgast.parse(f"SELECT ({text}\n)")
    except postgast.PgQueryError:
        return None
    return tree if len(tree.stmts) == 1 else None


def called(text: str) -> list[Called]:
    """Return the functions that an expression calls."""
    tree = parse(text)
    return [] if tree is None else [_called(node) for node in postgast.find_nodes(tree, pb.FuncCall)]


def columns(text: str) -> set[str]:
    """Return the names of the columns that an expression reads."""
    tree = parse(text)
    refs = [] if tree is None else postgast.find_nodes(tree, pb.ColumnRef)
    return {ref.fields[-1].string.sval for ref in refs if ref.fields}


def _called(node: Any) -> Called:
    parts = [part.string.sval for part in node.funcname]
    return Called(parts[-2] if len(parts) > 1 else None, parts[-1], len(node.args))


def doubts(expression: Expression, known: Mapping[str, Volatility]) -> Iterator[Doubt]:
    """Yield every reason why a row verified today could fail verification tomorrow.

    :param known: by function name; those that the catalog does not have are left out.
    """
    found = faults(expression.text)
    yield from (Doubt(expression, fault.message, True) for fault in found)
    tree = None if found else parse(expression.text)
    if tree is None:
        return
    for cast in postgast.find_nodes(tree, pb.TypeCast):
        if cast.arg.a_const.sval.sval.strip().lower() in TIMES:
            yield Doubt(expression, f"'{cast.arg.a_const.sval.sval}' means another time every day", True)
    for call in called(expression.text):
        yield from _of_call(expression, call, known.get(call.name))


def _of_call(expression: Expression, call: Called, found: Volatility | None) -> Iterator[Doubt]:
    if call.name == "age" and call.arguments == 1:
        yield Doubt(expression, "age() with one argument counts from today", True)
    elif found and found.volatile:
        yield Doubt(expression, f"{call.name}() is VOLATILE: it may give another value at every call", True)
    elif found and found.reads:
        yield Doubt(
            expression, f"{call.name}() is not IMMUTABLE: what it reads may change without being captured", False
        )
