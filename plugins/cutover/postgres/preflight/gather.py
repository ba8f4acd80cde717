"""Look at the database once: a few queries for all tables together, each giving the rows of one class of facts."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.postgres.preflight import records, rehearsal, steadiness, surroundings
from cutover.postgres.preflight.facts import Facts, Limits, Relation, Table
from cutover.postgres.preflight.session import WAITED, require_idle, undone

if TYPE_CHECKING:
    from cutover.spec.models import Migration

Row = TypeVar("Row")

OLDEST, NEWEST = 15, 18

# attribute of Table -> (query, class of its rows)
PER_TABLE: dict[str, tuple[str, type[Any]]] = {
    "columns": ("columns", records.Column),
    "indexes": ("indexes", records.Index),
    "constraints": ("constraints", records.Constraint),
    "foreign_keys": ("foreign_keys", records.ForeignKey),
    "triggers": ("triggers", records.Trigger),
    "views": ("views", records.View),
    "functions": ("functions", records.Function),
    "row_type_columns": ("row_type_columns", records.RowTypeColumn),
    "outside_policies": ("outside_policies", records.OutsidePolicy),
    "sequences": ("sequences", records.Sequence),
    "publications": ("publications", records.Publication),
    "strangers": ("strangers", records.Stranger),
}


def gather(db: psycopg.Connection[Any], spec: Migration, limits: Limits | None = None) -> Facts:
    """Return the facts for ``spec``; changes nothing and takes no lock above ACCESS SHARE on a live table.

    :raises SessionBusy: ``db`` is in a transaction.
    """
    require_idle(db)
    limits = limits or Limits()
    facts = _surroundings(db, spec, limits)
    facts = replace(facts, tables=_look_closer(db, facts))
    facts = replace(facts, tablespaces=_tablespaces(db, facts))
    return replace(facts, tables=[_tried(db, facts, table) for table in facts.tables])


def ask(db: psycopg.Connection[Any], name: str, row: type[Row], **parameters: Any) -> list[Row]:
    """Run ``include/sql/preflight/<name>.sql`` and return its rows as objects of ``row``."""
    with db.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(sqlfiles.text(f"preflight/{name}"), parameters).fetchall()  # type: ignore[arg-type]


def _surroundings(db: psycopg.Connection[Any], spec: Migration, limits: Limits) -> Facts:
    """What can be asked without waiting for anybody's lock."""
    wanted = {"schemas": [t.schema_name for t in spec.tables], "names": [t.table_name for t in spec.tables]}
    with undone(db, lock_wait=limits.lock_wait, read_only=True):
        server = ask(db, "server", surroundings.Server)[0]
        if not OLDEST <= server.major <= NEWEST:
            return Facts(spec=spec, server=server, limits=limits)  # its catalog would not be understood
        relations = _with_near_names(db, ask(db, "tables", Relation, **wanted))
        oids = [relation.oid for relation in relations if relation.oid is not None]
        return Facts(
            spec=spec,
            server=server,
            limits=limits,
            tables=[Table(table, relation) for table, relation in zip(spec.tables, relations, strict=True)],
            schema_publications=ask(
                db, "publication_schemas", surroundings.SchemaPublication, schemas=wanted["schemas"]
            ),
            event_triggers=ask(db, "event_triggers", surroundings.EventTrigger),
            locks=ask(db, "locks", surroundings.Lock, tables=oids),
            old_transactions=ask(db, "old_transactions", surroundings.OldTransaction, seconds=limits.long_transaction),
            leftovers=ask(db, "leftovers", surroundings.Leftover, **wanted),
            taken=_taken(db),
            database_collation_stale=_stale_collation(db),
        )


def _with_near_names(db: psycopg.Connection[Any], relations: list[Relation]) -> list[Relation]:
    if all(relation.oid is not None for relation in relations):
        return relations
    with db.cursor() as cursor:
        there = cursor.execute(sqlfiles.text("preflight/near_names")).fetchall()  # type: ignore[arg-type]
    labels = [f"{schema}.{name}" for schema, name in there]
    return [r if r.oid is not None else replace(r, near=_near(r, there, labels)) for r in relations]


def _near(relation: Relation, there: Sequence[tuple[str, str]], labels: Sequence[str]) -> tuple[str, ...]:
    """The same name in another schema or case first, then what is written alike."""
    same = [f"{schema}.{name}" for schema, name in there if name.lower() == relation.name.lower()]
    alike = difflib.get_close_matches(f"{relation.schema}.{relation.name}", labels, n=3, cutoff=0.7)
    return tuple(dict.fromkeys([*same, *alike]))[:3]


def _taken(db: psycopg.Connection[Any]) -> list[surroundings.Taken]:
    """The engine's own state, where this role may read it (another rule says where it may not)."""
    row = db.execute(sqlfiles.text("preflight/state_readable").encode()).fetchone()
    return ask(db, "taken", surroundings.Taken) if row and row[0] else []


def _stale_collation(db: psycopg.Connection[Any]) -> bool:
    row = db.execute(sqlfiles.text("preflight/database_collation")).fetchone()  # type: ignore[arg-type]
    return bool(row and row[0])


def _look_closer(db: psycopg.Connection[Any], facts: Facts) -> list[Table]:
    """The catalog's own functions open tables: behind somebody's ACCESS EXCLUSIVE lock they would wait."""
    oids = [table.relation.oid for table in facts.tables if table.ordinary]
    if not oids:
        return facts.tables
    try:
        with undone(db, lock_wait=facts.limits.lock_wait, read_only=True):
            found: dict[str, Any] = {
                name: _by_table(ask(db, query, row, tables=oids)) for name, (query, row) in PER_TABLE.items()
            }
            sizes = {size.table_oid: size for size in ask(db, "sizes", records.Size, tables=oids)}
    except WAITED:
        return facts.tables
    return [
        replace(
            table,
            looked_at=True,
            size=sizes.get(table.relation.oid or 0),
            **{name: rows.get(table.relation.oid or 0, []) for name, rows in found.items()},
        )
        if table.ordinary
        else table
        for table in facts.tables
    ]


def _by_table(rows: Sequence[Any]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.table_oid].append(row)
    return grouped


def _tablespaces(db: psycopg.Connection[Any], facts: Facts) -> dict[str, int | None]:
    """Bytes in use on every tablespace that the copies will go to."""
    names = {table.relation.tablespace or facts.server.tablespace for table in facts.tables if table.ordinary}
    names |= {index.tablespace or facts.server.tablespace for table in facts.tables for index in table.indexes}
    used: dict[str, int | None] = {}
    with undone(db, lock_wait=facts.limits.lock_wait, read_only=True):
        for name in sorted(names):
            row = db.execute(sqlfiles.text("preflight/tablespace_use"), {"name": name}).fetchone()  # type: ignore[arg-type]
            used[name] = row[0] if row else None
    return used


def _tried(db: psycopg.Connection[Any], facts: Facts, table: Table) -> Table:
    trial = rehearsal.rehearse(db, facts, table)
    return replace(table, trial=replace(trial, doubts=steadiness.doubts(db, facts, table)))
