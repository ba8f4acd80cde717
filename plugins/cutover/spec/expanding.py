"""``alter`` of a table that changes in place: what can be done at once, and what has to wait for the backfill.

The file says in plain words what the table shall have: columns, NOT NULL, indexes, constraints. Nothing of that may
keep writers waiting for as long as a table is read, so it is taken apart: columns come first, without anything that
looks at rows; once there are values, indexes are built CONCURRENTLY, and constraints added NOT VALID and validated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import postgast

from cutover.spec.sqltree import kind_of, nodes, statements

pb = postgast.pg_query_pb2
Kind = Literal["index", "unique", "constraint", "not_null", "other"]


@dataclass(frozen=True, slots=True)
class Later:
    """What waits for the backfill. ``name``: of the index or constraint; of the column for ``not_null``."""

    kind: Kind
    name: str
    sql: str
    more: str = ""


@dataclass(slots=True)
class Expansion:
    """One table's ``alter``, taken apart; names in it have no schema.

    :ivar first: at once. :ivar columns: that these add. :ivar later: after the backfill, in this order.
    :ivar trial: all of it as it can be tried on an empty copy.
    """

    first: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    later: list[Later] = field(default_factory=list)
    trial: list[str] = field(default_factory=list)


def read(sql: str) -> Expansion:
    """Take a text apart in which :func:`cutover.spec.expanding_rules.faults` finds nothing."""
    found = Expansion()
    for each in statements(sql):
        if each.kind == "alter_table_stmt":
            _alter(found, each.node)
        elif each.kind == "index_stmt":
            found.trial.append(_text(index_stmt=each.node))
            found.later.append(_index(each.node))
        else:
            text = _text(**{each.kind: each.node})
            found.trial.append(text)
            found.later.append(Later("other", text[:60], text))
    return found


def _alter(found: Expansion, node: Any) -> None:
    table = node.relation.relname
    for command in node.cmds:
        inner = command.alter_table_cmd
        if inner.subtype == pb.AT_AddColumn:
            _add_column(found, table, node, inner)
        elif inner.subtype == pb.AT_SetNotNull:
            found.trial.append(_one(node, inner))
            found.later.append(Later("not_null", inner.name, _one(node, inner)))
        else:
            _add_constraint(found, table, node, inner)


def _add_column(found: Expansion, table: str, node: Any, command: Any) -> None:
    column = definition(command).column_def
    found.trial.append(_one(node, command))
    found.columns.append(column.colname)
    kept = [each for each in column.constraints if each.constraint.contype == pb.CONSTR_DEFAULT]
    if any(each.constraint.contype == pb.CONSTR_NOTNULL for each in column.constraints):
        found.later.append(Later("not_null", column.colname, ""))
    bare = pb.AlterTableCmd()
    bare.CopyFrom(command)
    target = definition(bare).column_def
    del target.constraints[:]
    target.constraints.extend(kept)
    found.first.append(_one(node, bare))


def _add_constraint(found: Expansion, table: str, node: Any, command: Any) -> None:
    constraint = definition(command).constraint
    name = constraint.conname
    if constraint.contype != pb.CONSTR_FOREIGN:  # a temporary table cannot refer to another one
        found.trial.append(_one(node, command))
    if constraint.contype != pb.CONSTR_UNIQUE:
        late = pb.AlterTableCmd()
        late.CopyFrom(command)
        definition(late).constraint.skip_validation = True
        definition(late).constraint.initially_valid = False
        found.later.append(Later("constraint", name, _one(node, late)))
        return
    index = pb.IndexStmt(idxname=name, unique=True, concurrent=True, access_method="btree")
    index.relation.CopyFrom(node.relation)
    index.nulls_not_distinct = constraint.nulls_not_distinct
    for keys, params in ((constraint.keys, index.index_params), (constraint.including, index.index_including_params)):
        for each in keys:
            element = params.add().index_elem
            element.name = each.string.sval
            element.ordering, element.nulls_ordering = pb.SORTBY_DEFAULT, pb.SORTBY_NULLS_DEFAULT
    attached = pb.AlterTableCmd()
    attached.CopyFrom(command)
    of_index = definition(attached).constraint
    del of_index.keys[:]
    del of_index.including[:]
    of_index.nulls_not_distinct = False
    of_index.indexname = name
    found.later.append(Later("unique", name, _text(index_stmt=index), _one(node, attached)))


def _index(node: Any) -> Later:
    late = pb.IndexStmt()
    late.CopyFrom(node)
    late.concurrent = True
    return Later("index", node.idxname, _text(index_stmt=late))


def definition(command: Any) -> Any:
    """What an ALTER TABLE command adds: a column or a constraint."""
    return getattr(command, "def")


def _one(node: Any, command: Any) -> str:
    """ALTER TABLE with one command."""
    alone = pb.AlterTableStmt()
    alone.CopyFrom(node)
    del alone.cmds[:]
    alone.cmds.add().alter_table_cmd.CopyFrom(command)
    return _text(alter_table_stmt=alone)


def _text(**node: Any) -> str:
    tree = pb.ParseResult()
    (name, value), *_ = node.items()
    getattr(tree.stmts.add().stmt, name).CopyFrom(value)
    return postgast.deparse(tree)


def over_new(expression: str) -> str:
    """Return an expression over a row as a trigger writes it: each column as one of ``new``."""
    tree = postgast.parse(f"SELECT (\n{expression}\n)")
    for node in nodes(tree):
        if kind_of(node) == "ColumnRef":
            first = pb.Node()
            first.string.sval = "new"
            node.fields.insert(0, first)
    return postgast.deparse(tree).removeprefix("SELECT ")


def functions_of(expression: str) -> set[str]:
    """Return the names of functions that an expression calls. :raises SqlFault: it is none."""
    (statement,) = statements(f"SELECT (\n{expression}\n)")
    found = (node for node in nodes(statement.node) if kind_of(node) == "FuncCall")
    return {node.funcname[-1].string.sval for node in found}


def columns_of(expression: str) -> set[str]:
    """Return the columns that an expression over a row looks at. :raises SqlFault: it is none."""
    (statement,) = statements(f"SELECT (\n{expression}\n)")
    found = (node for node in nodes(statement.node) if kind_of(node) == "ColumnRef")
    return {node.fields[-1].string.sval for node in found}
