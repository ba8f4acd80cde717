"""Try the foreign keys that ``alter`` adds, against empty copies of the tables that they refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import postgast
import psycopg
from postgast import pg_query_pb2 as pb
from psycopg import sql

from cutover import sqlfiles
from cutover.postgres.preflight.alterkeys import AddedKey
from cutover.postgres.preflight.session import WAITED, problem
from cutover.postgres.preflight.trial import NewParent, Problem

if TYPE_CHECKING:
    from cutover.postgres.preflight.rehearsal import Copy


def try_all(db: psycopg.Connection[Any], copy: Copy, keys: list[AddedKey]) -> Problem | None:
    """Return the first key that cannot be created, or None. The copy's own indexes must be back, for keys to itself."""
    for number, key in enumerate(keys, 1):
        name = f"{key.parent_schema}.{key.parent}" if key.parent_schema else key.parent
        try:
            with db.transaction():
                _try(db, copy, key, number)
        except WAITED:
            raise
        except psycopg.Error as error:
            return problem(error, f"foreign key to {name}")
    return None


def parents(db: psycopg.Connection[Any], copy: Copy, keys: list[AddedKey]) -> tuple[NewParent, ...]:
    """Return the tables that the keys refer to, as far as they exist."""
    found: dict[tuple[str, str], NewParent] = {}
    for key in keys:
        if _itself(copy, key):
            continue
        row = db.execute(
            sqlfiles.text("preflight/new_parent"),  # type: ignore[arg-type]
            {
                "schemas": [key.parent_schema] if key.parent_schema else [copy.names.schema, "public"],
                "name": key.parent,
            },
        ).fetchone()
        if row:
            found[row[0], row[1]] = NewParent(*row)
    return tuple(found.values())


def _try(db: psycopg.Connection[Any], copy: Copy, key: AddedKey, number: int) -> None:
    statement = pb.AlterTableStmt.FromString(key.statement.SerializeToString())
    constraint = getattr(statement.cmds[0].alter_table_cmd, "def").constraint
    # The copy holds a sample of rows whose parents are not copied: only the key's shape is tried.
    constraint.skip_validation, constraint.initially_valid = True, False
    if not _itself(copy, key):
        parent = f"cutover_parent_{number}"
        # Shared locks only: LIKE reads the parent's definition, the key is then made against the copy.
        db.execute(sql.SQL("SET LOCAL search_path = {}, public").format(sql.Identifier(copy.names.schema)))
        source = [part for part in (key.parent_schema, key.parent) if part]
        db.execute(
            sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING INDEXES)").format(
                sql.Identifier(copy.names.new_schema, parent), sql.Identifier(*source)
            )
        )
        constraint.pktable.schemaname, constraint.pktable.relname = copy.names.new_schema, parent
    statement.relation.schemaname = copy.names.new_schema
    tree = pb.ParseResult(version=180000)
    tree.stmts.add().stmt.alter_table_stmt.CopyFrom(statement)
    db.execute(postgast.deparse(tree).encode())


def _itself(copy: Copy, key: AddedKey) -> bool:
    return key.parent == copy.names.table and key.parent_schema in (None, copy.names.schema)
