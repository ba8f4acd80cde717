"""The spec's ``schema: up`` before it is run: read by PostgreSQL's own parser, and tried as far as it is harmless."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import postgast
import psycopg
from postgast import pg_query_pb2 as pb

from cutover.postgres.preflight.altersql import place
from cutover.postgres.preflight.session import WAITED, problem
from cutover.postgres.preflight.trial import Problem, Refusal
from cutover.spec import scripts, sqltree

if TYPE_CHECKING:
    from cutover.spec.models import Migration

# These only make new objects: they lock nothing that is live, and go away with the transaction.
HARMLESS = frozenset(
    {
        "create_enum_stmt",
        "create_domain_stmt",
        "composite_type_stmt",
        "create_range_stmt",
        "create_function_stmt",
        "create_seq_stmt",
        "create_schema_stmt",
        "create_stmt",
        "define_stmt",
    }
)


@dataclass(frozen=True, slots=True)
class Tried:
    """:param left_out: how many statements were not run because they touch more than new objects."""

    problem: Problem | None = None
    left_out: int = 0


def refusals(text: str, migrated: set[tuple[str, str]]) -> list[Refusal]:
    """Return what cannot be: what no transaction can do, and changes to the migrated tables themselves.

    :param migrated: (schema, name) of the spec's tables; an unqualified name means public, as when ``up`` runs.
    """
    lines = text.splitlines() or [""]
    faults = scripts.script_faults(text)
    found = [(fault.line or 1, fault.message, fault.fix) for fault in faults]
    if not found:
        for statement in sqltree.statements(text):
            reason = statement.node is not None and _changes(statement.kind, statement.node, migrated)
            if reason:
                found.append((statement.line, reason, "move it to the table's alter: file, without the schema."))
    return [Refusal(line, lines[min(line, len(lines)) - 1].strip()[:80], reason, fix) for line, reason, fix in found]


def _changes(kind: str, node: Any, migrated: set[tuple[str, str]]) -> str | None:
    if kind not in ("alter_table_stmt", "rename_stmt", "index_stmt") or not node.HasField("relation"):
        return None
    name = (node.relation.schemaname or "public", node.relation.relname)
    if name in migrated:
        return f"it changes the live table {'.'.join(name)} with everybody waiting; that is what alter: is for"
    return None


def run_harmless(db: psycopg.Connection[Any], spec: Migration) -> Tried:
    """Run those statements of ``up`` that only make new objects, in the caller's transaction (to be rolled back)."""
    text = spec.up_sql
    if not text:
        return Tried()
    try:
        tree = postgast.parse(text)
    except postgast.PgQueryError:
        return Tried(left_out=1)  # the rule about schema: up: says why
    harmless = pb.ParseResult(version=tree.version)
    harmless.stmts.extend(raw for raw in tree.stmts if _harmless(raw.stmt))
    left_out = len(tree.stmts) - len(harmless.stmts)
    if not harmless.stmts:
        return Tried(left_out=left_out)
    whole = left_out == 0
    try:
        with db.transaction():
            db.execute("SET LOCAL search_path = public")
            db.execute((text if whole else postgast.deparse(harmless)).encode())
            db.execute("SET LOCAL search_path = pg_catalog")
        return Tried(left_out=left_out)
    except WAITED:
        raise
    except psycopg.Error as error:
        position = error.diag.statement_position
        where = place(text, int(position) - 1) if whole and position else None
        # After statements that were left out, a failure proves nothing.
        return Tried(problem(error, where) if whole else None, left_out)


def _harmless(statement: Any) -> bool:
    kind = statement.WhichOneof("node")
    if kind not in HARMLESS:
        return False
    if kind == "create_function_stmt" and statement.create_function_stmt.replace:
        return False  # it may replace a function that is in use
    foreign = any(item.contype == pb.CONSTR_FOREIGN for item in postgast.find_nodes(statement, pb.Constraint))
    return not foreign
