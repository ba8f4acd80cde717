"""The application's own triggers across the exchange: they are on the live table and nowhere else."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from cutover.postgres.online import catalog

STATES = {"O": "ENABLE", "D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


def gather(db: psycopg.Connection[Any], table: int) -> list[dict[str, Any]]:
    """Return the user's triggers of a table; definitions name it as it is named now."""
    return catalog.rows(db, "triggers", table=table)


def drop(db: psycopg.Connection[Any], where: sql.Identifier, found: list[dict[str, Any]]) -> None:
    """Take the triggers off a table."""
    for item in found:
        db.execute(sql.SQL("DROP TRIGGER {} ON {}").format(sql.Identifier(item["name"]), where))


def create(db: psycopg.Connection[Any], where: sql.Identifier, found: list[dict[str, Any]]) -> None:
    """Put them on the table that has the name now, in the state in which they were."""
    for item in found:
        db.execute(item["definition"])
        if item["enabled"] != "O":
            db.execute(
                sql.SQL("ALTER TABLE {} {} TRIGGER {}").format(
                    where, sql.SQL(STATES[item["enabled"]]), sql.Identifier(item["name"])
                )
            )
        if item["comment"]:
            db.execute(
                sql.SQL("COMMENT ON TRIGGER {} ON {} IS {}").format(
                    sql.Identifier(item["name"]), where, sql.Literal(item["comment"])
                )
            )
