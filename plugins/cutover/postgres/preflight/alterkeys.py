"""Take foreign keys out of parsed ``alter`` statements, to be tried against empty copies of their parents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from postgast import pg_query_pb2 as pb

ON_EXISTING = (pb.AT_DropConstraint, pb.AT_ValidateConstraint, pb.AT_AlterConstraint)


@dataclass(frozen=True, slots=True)
class AddedKey:
    """A foreign key that ``alter`` adds: ALTER TABLE ... ADD FOREIGN KEY on its own, and the table it refers to."""

    statement: Any
    parent_schema: str | None
    parent: str


def take_out(tree: Any, existing: Iterable[str]) -> tuple[bool, list[AddedKey]]:
    """Remove every clause about foreign keys from ``tree``, in place.

    :param existing: names of the foreign keys that the live table has; clauses that name them go too.
    :returns: whether anything was removed, and the keys that were to be added.
    """
    names = frozenset(existing)
    found: list[AddedKey] = []
    kept, changed = [], False
    for raw in tree.stmts:
        if raw.stmt.WhichOneof("node") == "alter_table_stmt":
            before = raw.stmt.alter_table_stmt.SerializeToString()
            _strip(raw.stmt.alter_table_stmt, names, found)
            changed = changed or raw.stmt.alter_table_stmt.SerializeToString() != before
            if not raw.stmt.alter_table_stmt.cmds:
                continue
        elif _renames(raw.stmt, names):
            changed = True
            continue
        kept.append(pb.RawStmt.FromString(raw.SerializeToString()))
    del tree.stmts[:]
    tree.stmts.extend(kept)
    return changed, found


def _strip(node: Any, names: frozenset[str], found: list[AddedKey]) -> None:
    kept = []
    for item in node.cmds:
        command = item.alter_table_cmd
        if command.subtype == pb.AT_AddConstraint and _is_foreign(command):
            found.append(_added(node, getattr(command, "def").constraint))
        elif not (command.subtype in ON_EXISTING and _named(command) in names):
            _strip_column(node, command, found)
            kept.append(pb.Node.FromString(item.SerializeToString()))
    del node.cmds[:]
    node.cmds.extend(kept)


def _is_foreign(command: Any) -> bool:
    definition = getattr(command, "def")
    return definition.HasField("constraint") and definition.constraint.contype == pb.CONSTR_FOREIGN


def _named(command: Any) -> str:
    definition = getattr(command, "def")
    if command.subtype == pb.AT_AlterConstraint:
        inner = definition.WhichOneof("node")
        return str(getattr(getattr(definition, inner), "conname", "")) if inner else ""
    return str(command.name)


def _strip_column(node: Any, command: Any, found: list[AddedKey]) -> None:
    """``ADD COLUMN x int REFERENCES y``: the reference goes, the column stays."""
    definition = getattr(command, "def")
    if command.subtype != pb.AT_AddColumn or not definition.HasField("column_def"):
        return
    column = definition.column_def
    kept = []
    for item in column.constraints:
        if item.constraint.contype == pb.CONSTR_FOREIGN:
            constraint = pb.Constraint.FromString(item.constraint.SerializeToString())
            constraint.fk_attrs.add().string.sval = column.colname
            found.append(_added(node, constraint))
        else:
            kept.append(pb.Node.FromString(item.SerializeToString()))
    del column.constraints[:]
    column.constraints.extend(kept)


def _added(node: Any, constraint: Any) -> AddedKey:
    statement = pb.AlterTableStmt(objtype=pb.OBJECT_TABLE)
    statement.relation.CopyFrom(node.relation)
    command = statement.cmds.add().alter_table_cmd
    command.subtype = pb.AT_AddConstraint
    command.behavior = pb.DROP_RESTRICT
    getattr(command, "def").constraint.CopyFrom(constraint)
    return AddedKey(statement, constraint.pktable.schemaname or None, constraint.pktable.relname)


def _renames(statement: Any, names: frozenset[str]) -> bool:
    if statement.WhichOneof("node") != "rename_stmt":
        return False
    node = statement.rename_stmt
    return bool(node.rename_type == pb.OBJECT_TABCONSTRAINT and node.subname in names)
