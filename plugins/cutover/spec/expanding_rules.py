"""Check ``alter`` of a table that changes in place: what can be done while it is read and written, and named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import postgast

from cutover.spec.expanding import definition
from cutover.spec.names import split_table
from cutover.spec.sqltree import Fault, SqlFault, Statement, statements

pb = postgast.pg_query_pb2
ONLY = "only ADD COLUMN, ADD CONSTRAINT, SET NOT NULL, CREATE INDEX, COMMENT ON and CREATE STATISTICS are possible here"
_ONLINE = "use the online strategy, which makes a new table"
_SERIAL = frozenset({"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"})
_LATER = (pb.CONSTR_CHECK, pb.CONSTR_FOREIGN, pb.CONSTR_UNIQUE)


def faults(sql: str, table: str) -> list[Fault]:
    """Return what is wrong with the text of ``alter`` for ``table`` (``schema.table``)."""
    try:
        found = statements(sql)
    except SqlFault as error:
        return [error.fault]
    if not found:
        return [Fault("the file has no statement", "write ALTER TABLE ... ADD COLUMN ..., or remove the key")]
    named = split_table(table)[1]
    wrong = [(each, fault) for each in found for fault in _faults(each, named)]
    wrong += list(_old_columns(found)) if not wrong else []
    return [Fault(fault.message, fault.fix, each.line) for each, fault in wrong]


def _faults(statement: Statement, table: str) -> Iterator[Fault]:
    node = statement.node
    if statement.kind == "alter_table_stmt" and node.objtype == pb.OBJECT_TABLE:
        yield from _own(node.relation, table)
        for command in node.cmds:
            yield from _command(command.alter_table_cmd)
    elif statement.kind == "index_stmt":
        yield from _own(node.relation, table)
        if not node.idxname:
            yield Fault("the index has no name", "name it, so that a second try finds it")
        if node.concurrent:
            yield Fault("CONCURRENTLY is needless: every index is built that way here", "leave it out")
    elif statement.kind not in ("comment_stmt", "create_stats_stmt"):
        yield Fault(f"{statement.kind.removesuffix('_stmt').replace('_', ' ')}: {ONLY}", _ONLINE)


def _own(relation: Any, table: str) -> Iterator[Fault]:
    if relation.relname != table or relation.schemaname:
        shown = ".".join(filter(None, (relation.schemaname, relation.relname)))
        yield Fault(f"{shown} is not this table, written without its schema", f"write {table}")


def _command(command: Any) -> Iterator[Fault]:
    if command.subtype == pb.AT_AddColumn:
        yield from _column(definition(command).column_def)
    elif command.subtype == pb.AT_AddConstraint:
        yield from _constraint(definition(command).constraint)
    elif command.subtype != pb.AT_SetNotNull:
        name = pb.AlterTableType.Name(command.subtype).removeprefix("AT_")
        yield Fault(f"ALTER TABLE ({name}): {ONLY}", _ONLINE)


def _column(column: Any) -> Iterator[Fault]:
    kinds = [each.constraint.contype for each in column.constraints]
    rewriting = {pb.CONSTR_IDENTITY: "IDENTITY", pb.CONSTR_GENERATED: "GENERATED"}
    for kind in kinds:
        if kind in rewriting:
            yield Fault(
                f"the column {column.colname} is {rewriting[kind]}, so every row would be written anew", _ONLINE
            )
        elif kind not in (pb.CONSTR_NOTNULL, pb.CONSTR_NULL, pb.CONSTR_DEFAULT):
            fix = "write ADD CONSTRAINT <name> ... of its own"
            yield Fault(f"the column {column.colname} has a constraint without a name", fix)
    if column.type_name.names and column.type_name.names[-1].string.sval in _SERIAL:
        yield Fault(f"the column {column.colname} is serial, so every row would be written anew", _ONLINE)


def _constraint(constraint: Any) -> Iterator[Fault]:
    if constraint.contype not in _LATER or constraint.indexname:
        yield Fault("only CHECK, FOREIGN KEY and UNIQUE can be added while the table is written", _ONLINE)
    if not constraint.conname:
        yield Fault("a constraint has no name", "name it, so that a second try finds it")


def _old_columns(found: list[Statement]) -> Iterator[tuple[Statement, Fault]]:
    """Nothing may change for columns that are there already: a rollback takes new columns away, and no more."""
    added: set[str] = set()
    for statement in found:
        for command in getattr(statement.node, "cmds", ()) if statement.kind == "alter_table_stmt" else ():
            inner = command.alter_table_cmd
            if inner.subtype == pb.AT_AddColumn:
                added.add(definition(inner).column_def.colname)
            elif inner.subtype == pb.AT_SetNotNull and inner.name not in added:
                yield statement, Fault(f"SET NOT NULL of {inner.name}, which is not added here", _ONLINE)
