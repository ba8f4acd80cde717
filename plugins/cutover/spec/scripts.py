"""Check the SQL files that are run as they are: ``schema.up`` and ``schema.down``, and the files of SELECTs."""

from __future__ import annotations

from typing import Any

from cutover.spec.sqltree import Fault, SqlFault, Statement, kind_of, nodes, statements

_OUTSIDE = {
    "transaction_stmt": "transaction control is not possible here",
    "vacuum_stmt": "VACUUM cannot run in a transaction",
    "createdb_stmt": "CREATE DATABASE cannot run in a transaction",
    "dropdb_stmt": "DROP DATABASE cannot run in a transaction",
    "create_table_space_stmt": "CREATE TABLESPACE cannot run in a transaction",
    "alter_system_stmt": "ALTER SYSTEM cannot run in a transaction",
}
_SECRET_OPTIONS = frozenset({"password", "passfile", "sslpassword"})


def script_faults(sql: str) -> list[Fault]:
    """Return what is wrong with a script; it is run in one transaction."""
    return _each(sql, _script)


def query_faults(sql: str, *, single: bool) -> list[Fault]:
    """Return what is wrong with a file of SELECTs; ``single``: there must be exactly one."""
    found = _each(sql, _query)
    if not found and single and len(statements(sql)) > 1:
        return [Fault("the file has more than one statement", "keep one SELECT")]
    return found


def _each(sql: str, check: Any) -> list[Fault]:
    try:
        parsed = statements(sql)
    except SqlFault as error:
        return [error.fault]
    if not parsed:
        return [Fault("the file has no statement", "write SQL, or remove the key")]
    found = [(statement, fault) for statement in parsed if (fault := check(statement))]
    return [Fault(fault.message, fault.fix, statement.line) for statement, fault in found]


def _script(statement: Statement) -> Fault | None:
    if statement.kind in _OUTSIDE:
        return Fault(_OUTSIDE[statement.kind], "remove it: the file runs in one transaction")
    if statement.node is None:
        return None
    node = statement.node
    if getattr(node, "concurrent", False) or getattr(node, "concurrently", False):
        return Fault("CONCURRENTLY cannot run in a transaction", "leave it out, or do it in a migration of its own")
    if statement.kind == "copy_stmt" and node.is_from and not node.filename:
        return Fault("COPY FROM STDIN has no data here", "write INSERT")
    if any(_is_secret(child) for child in nodes(node)):
        return Fault("a password is no part of a migration", "set it where secrets live; the journal keeps this text")
    return None


def _is_secret(node: Any) -> bool:
    return kind_of(node) == "DefElem" and node.defname.lower() in _SECRET_OPTIONS and node.HasField("arg")


def _query(statement: Statement) -> Fault | None:
    if statement.node is None:
        return Fault("the query is nested too deeply to be checked", "use concat(), CASE or a function")
    if statement.kind != "select_stmt":
        return Fault(f"{statement.kind.removesuffix('_stmt').replace('_', ' ')} is no SELECT", "keep SELECTs only")
    for node in nodes(statement.node):
        if kind_of(node) in ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"):
            return Fault("a SELECT that writes (WITH ... RETURNING) is not possible here", "keep SELECTs only")
        if kind_of(node) == "IntoClause":
            return Fault("SELECT INTO writes a table", "keep SELECTs only")
        if kind_of(node) == "LockingClause":
            return Fault("a SELECT that locks rows stalls the application", "leave FOR UPDATE/SHARE out")
    return None
