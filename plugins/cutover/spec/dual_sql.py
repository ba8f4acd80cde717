"""Check the queries of a change of shape: the rows of a table, and the keys that a row of another one is part of.

Backfill, triggers, comparison and repair each ask them on their own; what is not in the rows would differ.
"""

from __future__ import annotations

from typing import Any

from cutover.spec import scripts
from cutover.spec.expressions import changing
from cutover.spec.sqltree import Fault, kind_of, nodes, statements

_FIXED = "use only what is in the rows; write a moment out, as timestamptz '2026-01-01 00:00Z'"


def rows_faults(sql: str) -> list[Fault]:
    """Return what is wrong with the text of a shape's ``rows``."""
    found = scripts.query_faults(sql, single=True)
    if found:
        return found
    (statement,) = statements(sql)
    return [Fault(fault.message, fault.fix, statement.line) for fault in _unsteady(statement.node)]


def origin_faults(sql: str, columns: int | None) -> list[Fault]:
    """Return what is wrong with a query of ``from``.

    :param columns: how many it has to give; ``None`` where that is not known.
    """
    found = scripts.query_faults(sql, single=True)
    if found:
        return found
    (statement,) = statements(sql)
    found = _unsteady(statement.node)
    if not any(_is_row(node) for node in nodes(statement.node)):
        found.append(Fault("the query does not look at r, the row", "write for example SELECT r.id"))
    named = {node.ctename for node in nodes(statement.node) if kind_of(node) == "CommonTableExpr"}
    for node in nodes(statement.node):
        if kind_of(node) == "RangeVar" and node.relname not in named:
            message = f"the query looks at {node.relname}, where a row that somebody is just writing is not seen"
            found.append(Fault(message, "use r's own columns; carry what is missing there in a column of the table"))
    given = _width(statement.node)
    if None not in (given, columns) and given != columns:
        message = f"the query gives {_counted(given, 'column')}, and the key has {columns}"
        found.append(Fault(message, "give the columns of key, in their order"))
    return found


def _unsteady(node: Any) -> list[Fault]:
    found: dict[str, Fault] = {}
    for each in nodes(node):
        if what := changing(each):
            found[what] = Fault(f"{what} gives another answer each time", _FIXED)
        if kind_of(each) == "ParamRef":
            found["$"] = Fault("there are no parameters here", "write the value")
        if kind_of(each) == "RangeTableSample":
            found["sample"] = Fault("TABLESAMPLE gives other rows each time", "leave it out")
    return list(found.values())


def _is_row(node: Any) -> bool:
    return kind_of(node) == "ColumnRef" and bool(node.fields) and node.fields[0].string.sval == "r"


def _width(select: Any) -> int | None:
    """How many columns a SELECT gives; ``None`` where that depends on a table (``r.*``)."""
    while select.HasField("larg"):
        select = select.larg
    if select.values_lists:
        return len(select.values_lists[0].list.items)
    targets = [target.res_target.val for target in select.target_list]
    if any(t.HasField("column_ref") and t.column_ref.fields[-1].HasField("a_star") for t in targets):
        return None
    return len(targets)


def _counted(number: int | None, what: str) -> str:
    return f"{number} {what}" + ("s" if number != 1 else "")
