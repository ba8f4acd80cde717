"""Build the shadow table: everything that the original is, then ``alter``, then as little as a fast fill needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql

from cutover.errors import CutoverError
from cutover.postgres.online import catalog
from cutover.postgres.online.design import Design, Key
from cutover.postgres.online.mapping import Column, Origin, forward, reverse
from cutover.postgres.online.names import Names

# What an index has beside its definition, and what a copy by definition therefore lacks.
TRAITS = (
    "clustered",
    "replica_identity",
    "comment",
    "constraint_comment",
    "options",
    "tablespace",
    "statistics_targets",
)


class AlterFailed(CutoverError):
    """The spec's ``alter`` does not run on the shadow table."""

    code = "ONL004"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the spec wants of one table."""

    alter: str
    columns: Mapping[str, str]
    reverse: Mapping[str, str]
    key: list[str] | None


def create(db: psycopg.Connection[Any], names: Names, original: int, wish: Wish) -> tuple[int, Design]:
    """Create the shadow table inside the caller's transaction.

    :returns: the shadow's oid and the design: mappings, and what is to be built after the fill.
    :raises AlterFailed: the spec's SQL failed, or touched the live table.
    :raises MappingError: a column cannot be filled.
    """
    db.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(names.new_schema)))
    _like(db, names, original)
    shadow = catalog.oid(db, names.new_schema, names.table)
    _grant_schema(db, names, original)
    catalog.run_all(db, catalog.statements(db, "dress_sequences", original=original, shadow=shadow))
    _copy_indexes(db, names, original)
    catalog.run_all(
        db,
        catalog.statements(db, "dress", original=original, shadow=shadow, schema=names.new_schema, table=names.table),
    )
    before = catalog.columns(db, shadow)
    origin = _origins(catalog.columns(db, original), before)
    keys = _foreign_keys(db, names, original, wish.alter)
    _alter(db, names, original, wish.alter)
    added, dropped = _settle_foreign_keys(db, names, shadow, keys)
    design = _design(db, names, (original, shadow), (origin, wish))
    design = _strip(db, names, original, shadow, design)
    return shadow, _with(design, new_foreign_keys=added, dropped_foreign_keys=dropped)


def _with(design: Design, **changes: Any) -> Design:
    return replace(design, **changes)


def _like(db: psycopg.Connection[Any], names: Names, original: int) -> None:
    row = db.execute(
        "SELECT a.amname, t.spcname FROM pg_class c JOIN pg_am a ON a.oid = c.relam"
        " LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace WHERE c.oid = %s",
        (original,),
    ).fetchone()
    assert row is not None
    tablespace = sql.SQL(" TABLESPACE {}").format(sql.Identifier(row[1])) if row[1] else sql.SQL("")
    db.execute(
        sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS) USING {}{}").format(
            names.shadow, names.live, sql.Identifier(row[0]), tablespace
        )
    )


def _grant_schema(db: psycopg.Connection[Any], names: Names, original: int) -> None:
    """Who owns the original shall own the shadow, and an owner needs CREATE on the schema."""
    db.execute(
        sql.SQL("GRANT USAGE, CREATE ON SCHEMA {} TO {}").format(sql.Identifier(names.new_schema), _owner(db, original))
    )


def _owner(db: psycopg.Connection[Any], table: int) -> sql.Identifier:
    row = db.execute("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = %s", (table,)).fetchone()
    assert row is not None
    return sql.Identifier(row[0])


def _copy_indexes(db: psycopg.Connection[Any], names: Names, original: int) -> None:
    """Recreate constraints and indexes under their own names; they are in another schema."""
    # Definitions leave out the schema of the table when it is on the path, and are then run where the shadow is.
    db.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.Identifier(names.schema)))
    found = catalog.rows(db, "indexes", table=original)
    db.execute(sql.SQL("SET LOCAL search_path = {}, {}").format(*map(sql.Identifier, (names.new_schema, names.schema))))
    for index in found:
        build_index(db, names.shadow, index)
    db.execute("SET LOCAL search_path = pg_catalog")


def build_index(db: psycopg.Connection[Any], table: sql.Identifier, index: Mapping[str, Any]) -> None:
    """Create an index, or the constraint that owns it, from a row of ``online/indexes.sql``."""
    if index["constraint"]:
        db.execute(
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
                table, sql.Identifier(index["constraint"]), sql.SQL(index["constraint_definition"])
            )
        )
    else:
        db.execute(index["definition"])


def _origins(original: list[Column], shadow: list[Column]) -> Origin:
    """LIKE keeps the order of the columns that are left; from then on numbers tell what a rename hides."""
    return Origin({copy.attnum: column.name for column, copy in zip(original, shadow, strict=True)})


def _foreign_keys(db: psycopg.Connection[Any], names: Names, original: int, alter: str) -> list[str]:
    """Put the original's foreign keys on the shadow when ``alter`` speaks of one; returns their names.

    Only then: each takes a lock on the table that it refers to.
    """
    spoken = set(re.findall(r"\w+", alter))
    found = [key for key in catalog.rows(db, "foreign_keys_out", table=original) if key["name"] in spoken]
    for key in found:
        db.execute(
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
                names.shadow, sql.Identifier(key["name"]), sql.SQL(key["definition"])
            )
        )
    return [key["name"] for key in found]


def _alter(db: psycopg.Connection[Any], names: Names, original: int, alter: str) -> None:
    if not alter.strip():
        return
    mark = "SELECT xmin::text, relnatts, reltype FROM pg_class WHERE oid = %s"
    before = db.execute(mark, (original,)).fetchone()
    db.execute(
        sql.SQL("SET LOCAL search_path = {}, {}, public").format(*map(sql.Identifier, (names.new_schema, names.schema)))
    )
    try:
        db.execute(alter.encode())
    except psycopg.Error as error:
        at = f" at character {error.diag.statement_position}" if error.diag.statement_position else ""
        raise AlterFailed(
            f"alter of {names.schema}.{names.table} fails{at}: {error.diag.message_primary or error}"
            f"{f' ({error.diag.message_detail})' if error.diag.message_detail else ''}",
            fix="correct the file that alter: names; the live table was not touched.",
        ) from error
    db.execute("SET LOCAL search_path = pg_catalog")
    held = db.execute(
        "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = %s AND locktype = 'relation'"
        " AND mode IN ('AccessExclusiveLock', 'ExclusiveLock', 'ShareLock', 'ShareUpdateExclusiveLock')",
        (original,),
    ).fetchone()
    if before != db.execute(mark, (original,)).fetchone() or (held and held[0]):
        raise AlterFailed(
            f"alter touches the live table {names.schema}.{names.table} itself; all of it was undone.",
            fix=f"write {names.table} without its schema: it then means the shadow table.",
        )


def _settle_foreign_keys(
    db: psycopg.Connection[Any], names: Names, shadow: int, copied: list[str]
) -> tuple[list[list[str]], list[str]]:
    """Take all foreign keys off the shadow: a follower must never refuse a row, and the swap creates them anew."""
    there = {key["name"]: key["definition"] for key in catalog.rows(db, "foreign_keys_out", table=shadow)}
    for name in there:
        db.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(names.shadow, sql.Identifier(name)))
    added = [[name, definition] for name, definition in there.items() if name not in copied]
    return added, [name for name in copied if name not in there]


def _design(db: psycopg.Connection[Any], names: Names, oids: tuple[int, int], wanted: tuple[Origin, Wish]) -> Design:
    original, shadow = oids
    origin, wish = wanted
    before, after = catalog.columns(db, original), catalog.columns(db, shadow)
    there = forward(before, after, origin, wish.columns)
    back = reverse(before, after, origin, (wish.columns, wish.reverse))
    key = catalog.key(db, original, wish.key, f"{names.schema}.{names.table}")
    return Design(
        original_key=Key(key, [_type(before, name) for name in key]),
        shadow_key=_shadow_key(key, there, after, names),
        forward=there,
        reverse=back,
    )


def _type(columns: list[Column], name: str) -> str:
    return next(column.bare_type for column in columns if column.name == name)


def _shadow_key(key: list[str], pairs: list[Any], columns: list[Column], names: Names) -> Key:
    found = []
    for name in key:
        carrier = next((p.column for p in pairs if p.kind in ("copy", "cast") and p.source == name), None)
        if carrier is None:
            raise AlterFailed(
                f"alter takes key column {name!r} of {names.schema}.{names.table} away, or columns: computes it; rows"
                " could not be followed.",
                fix="keep the key's columns (renaming and widening them is fine), or use the dual_write strategy.",
            )
        found.append(carrier)
    return Key(found, [_type(columns, name) for name in found])


def _strip(db: psycopg.Connection[Any], names: Names, original: int, shadow: int, design: Design) -> Design:
    """Remember indexes and constraints, and take them off: a heap fills fastest, and sorts beat insertions."""
    there = {index["name"]: index for index in catalog.rows(db, "indexes", table=original)}
    indexes = [
        {**index, **{trait: there[index["name"]][trait] for trait in TRAITS if index["name"] in there}}
        for index in catalog.rows(db, "indexes", table=shadow)
    ]
    checks = catalog.rows(db, "not_valid_checks", original=original, shadow=shadow)
    for index in indexes:
        if index["constraint"]:
            statement = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                names.shadow, sql.Identifier(index["constraint"])
            )
        else:
            statement = sql.SQL("DROP INDEX {}").format(sql.Identifier(names.new_schema, index["name"]))
        db.execute(statement)
    for check in checks:
        db.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(names.shadow, sql.Identifier(check["name"])))
    return _with(design, indexes=indexes, checks=[[c["name"], c["definition"]] for c in checks])
