"""Check ``alter.sql`` of the online strategy: it runs on the shadow table, and may touch nothing else.

The shadow has the table's own name in another schema, which is first in the search path while this runs: an
unqualified name is the shadow, a qualified one would be the live table.
"""

from __future__ import annotations

from typing import Any

import postgast

from cutover.spec.names import split_table
from cutover.spec.sqltree import Fault, SqlFault, Statement, statements

pb = postgast.pg_query_pb2
ALLOWED = "only ALTER TABLE, CREATE INDEX, COMMENT ON and CREATE STATISTICS on the table itself are possible here"
_PLACE = "put it into schema.up, or into a migration of its own"
_COMMENTED = {
    pb.OBJECT_TABLE: 1,
    pb.OBJECT_COLUMN: 2,
    pb.OBJECT_TABCONSTRAINT: 2,
    pb.OBJECT_INDEX: 0,
    pb.OBJECT_STATISTIC_EXT: 0,
}
_REFUSED_COMMANDS = {
    pb.AT_AttachPartition: "ATTACH PARTITION is not possible on a shadow table",
    pb.AT_DetachPartition: "DETACH PARTITION is not possible on a shadow table",
    pb.AT_DetachPartitionFinalize: "DETACH PARTITION is not possible on a shadow table",
    pb.AT_AddInherit: "INHERIT is not possible on a shadow table",
    pb.AT_DropInherit: "NO INHERIT is not possible on a shadow table",
    pb.AT_AddOf: "OF is not possible on a shadow table",
    pb.AT_SetUnLogged: "SET UNLOGGED would lose the table's rows in a crash",
    pb.AT_ChangeOwner: "OWNER TO would change whom the table's grants and policies speak of",
}


def faults(sql: str, table: str) -> list[Fault]:
    """Return what is wrong with the text of ``alter.sql`` for ``table`` (``schema.table``)."""
    try:
        found = statements(sql)
    except SqlFault as error:
        return [error.fault]
    if not found:
        return [Fault("the file has no statement", "write the ALTER TABLE, or remove the key")]
    schema, name = split_table(table)
    return [fault for statement in found for fault in _Check(schema, name, statement).faults()]


class _Check:
    def __init__(self, schema: str, table: str, statement: Statement) -> None:
        self.schema, self.table, self.statement = schema, table, statement
        self.shown = table if table.isidentifier() and table == table.lower() else f'"{table}"'

    def faults(self) -> list[Fault]:
        checks = {
            "alter_table_stmt": self._alter_table,
            "index_stmt": self._index,
            "comment_stmt": self._comment,
            "create_stats_stmt": self._statistics,
            "rename_stmt": self._rename,
        }
        check = checks.get(self.statement.kind)
        found = check(self.statement.node) if check else [self._other()]
        return [Fault(fault.message, fault.fix, self.statement.line) for fault in found]

    def _other(self) -> Fault:
        kind = self.statement.kind
        if kind == "too_deep":
            return Fault("the statement is nested too deeply to be checked", "simplify it, for example by a function")
        if kind == "transaction_stmt":
            return Fault("transaction control is not possible here", "remove it: the file runs in one transaction")
        if kind == "alter_object_schema_stmt":
            return Fault("SET SCHEMA would move the table away from Cutover", "remove it")
        if kind == "drop_stmt":
            return Fault(f"DROP is not possible here: {ALLOWED}", _PLACE)
        return Fault(f"{kind.removesuffix('_stmt').replace('_', ' ')}: {ALLOWED}", _PLACE)

    def _own(self, relation: Any) -> list[Fault]:
        """Faults of a table's name where only the spec's own table, unqualified, is right."""
        qualified = ".".join(filter(None, (relation.catalogname, relation.schemaname, relation.relname)))
        if relation.relname != self.table:
            folded = relation.relname == self.table.lower()
            why = " (unquoted names are folded to small letters)" if folded else ""
            return [Fault(f"{qualified} is not the table of this spec{why}", f"write {self.shown}")]
        if relation.schemaname:
            return [Fault(f"{qualified} is qualified: that is the live table, not its shadow", f"write {self.shown}")]
        return []

    def _alter_table(self, node: Any) -> list[Fault]:
        if node.objtype != pb.OBJECT_TABLE:
            return [Fault(ALLOWED, _PLACE)]
        commands = [cmd.alter_table_cmd.subtype for cmd in node.cmds]
        bad = [_REFUSED_COMMANDS[c] for c in commands if c in _REFUSED_COMMANDS]
        return self._own(node.relation) + [Fault(message, _PLACE) for message in bad]

    def _index(self, node: Any) -> list[Fault]:
        found = self._own(node.relation)
        if node.concurrent:
            found.append(
                Fault(
                    "CONCURRENTLY is needless and cannot run in the file's transaction: nobody uses the shadow yet",
                    "write CREATE INDEX without CONCURRENTLY",
                )
            )
        return found

    def _comment(self, node: Any) -> list[Fault]:
        if node.objtype not in _COMMENTED:
            return [Fault(f"COMMENT ON something else: {ALLOWED}", _PLACE)]
        parts = [item.string.sval for item in node.object.list.items]
        table_parts = _COMMENTED[node.objtype]
        if len(parts) > max(table_parts, 1):
            return [Fault(f"{'.'.join(parts)} is qualified by a schema", "leave the schema out")]
        if table_parts and parts[0] != self.table:
            return [Fault(f"{parts[0]} is not the table of this spec", f"write {self.shown}")]
        return []

    def _statistics(self, node: Any) -> list[Fault]:
        found = [fault for relation in node.relations for fault in self._own(relation.range_var)]
        if len(node.defnames) > 1:
            found.append(Fault("the statistics' name is qualified by a schema", "leave the schema out"))
        return found

    def _rename(self, node: Any) -> list[Fault]:
        if node.rename_type in (pb.OBJECT_COLUMN, pb.OBJECT_TABCONSTRAINT) and node.relation_type != pb.OBJECT_VIEW:
            return self._own(node.relation)
        if node.rename_type == pb.OBJECT_TABLE:
            return [Fault("the table keeps its name: the swap depends on it", "rename it in a migration of its own")]
        return [Fault(f"RENAME of something else: {ALLOWED}", _PLACE)]
