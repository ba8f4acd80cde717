"""Does the key name each row once? Otherwise pairing would leave rows out, or hide one behind another."""

from __future__ import annotations

from psycopg import sql

from cutover import sqlfiles
from cutover.postgres.rowdiff.errors import KeyHasNulls, KeyNotUnique
from cutover.postgres.rowdiff.model import Side
from cutover.postgres.rowdiff.session import Db


def check_key(db: Db, side: Side) -> None:
    """Take the catalog's word for what constraints guarantee; look at the rows for the rest.

    :raises KeyHasNulls: a key column holds NULL.
    :raises KeyNotUnique: two rows have the same key.
    """
    if side.unique:
        return
    never_null, unique = _guaranteed(db, side)
    nullable = [name for name in side.key if name not in never_null]
    if nullable:
        _refuse_nulls(db, side, nullable)
    if not unique:
        _refuse_duplicates(db, side)


def _guaranteed(db: Db, side: Side) -> tuple[set[str], bool]:
    """Return which columns are NOT NULL and whether a unique index covers the key; nothing for a subquery."""
    if not isinstance(side.relation, sql.Identifier):
        return set(), False
    name = sql.Literal(side.relation.as_string(db))
    row = db.execute(
        sqlfiles.compose("rowdiff/key_guarantees", relation=name, key=sql.Literal(list(side.key)))
    ).fetchone()
    return (set(row[0] or ()), bool(row[1])) if row else (set(), False)


def _refuse_nulls(db: Db, side: Side, names: list[str]) -> None:
    null = sql.SQL(" OR ").join(sql.SQL("{} IS NULL").format(sql.Identifier(name)) for name in names)
    row = db.execute(sql.SQL("SELECT EXISTS (SELECT FROM {} AS t WHERE {})").format(side.relation, null)).fetchone()
    if row and row[0]:
        raise KeyHasNulls(
            f"{_name(db, side)}: key column(s) {', '.join(names)} hold NULL, so these rows cannot be paired.",
            fix="compare by a key whose columns are NOT NULL.",
        )


def _refuse_duplicates(db: Db, side: Side) -> None:
    key = sql.SQL(", ").join(sql.Identifier(name) for name in side.key)
    row = db.execute(sqlfiles.compose("rowdiff/duplicate_key", relation=side.relation, key=key)).fetchone()
    if row:
        raise KeyNotUnique(
            f"{_name(db, side)}: the key ({', '.join(side.key)}) = {row[0]} names {row[1]} rows.",
            fix="compare by a key that is unique, or remove the duplicates.",
        )


def _name(db: Db, side: Side) -> str:
    return side.relation.as_string(db)
