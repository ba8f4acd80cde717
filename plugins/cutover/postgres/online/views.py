"""Views over a table that is exchanged: replaced in place where their columns keep their types, else created anew.

A view refers to its tables by oid. Its definition, written out with every name qualified, is taken before the exchange
and run again after it, when the same name means the other table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from cutover.errors import CutoverError
from cutover.postgres.online import catalog


class ViewInTheWay(CutoverError):
    """A view cannot be defined over the new table, or something rests on it that cannot be created anew."""

    code = "ONL040"


@dataclass(frozen=True, slots=True)
class View:
    """A dependent view and all that is needed to create it again."""

    oid: int
    schema: str
    name: str
    definition: str
    options: list[str] | None
    owner: str
    direct: bool
    uses: list[int]
    dress: list[str] = field(default_factory=list)

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)


def gather(db: psycopg.Connection[Any], relations: Sequence[int]) -> list[View]:
    """Return the views that rest on ``relations``, those nearest to them first."""
    found = []
    for row in catalog.rows(db, "dependent_views", relations=list(relations)):
        row.pop("distance")
        found.append(View(dress=catalog.statements(db, "view_dress", view=row["oid"]), **row))
    return found


def lock(db: psycopg.Connection[Any], views: Sequence[View]) -> None:
    """Lock the views, the outermost first: in the order in which a query over them takes its locks.

    LOCK TABLE would lock the tables below as well; setting the owner that a view has locks the view alone.
    """
    for view in reversed(views):
        db.execute(sql.SQL("ALTER VIEW {} OWNER TO {}").format(view.identifier, sql.Identifier(view.owner)))


def rebind(db: psycopg.Connection[Any], views: Sequence[View]) -> int:
    """Make the views mean the tables that have the names now; returns how many had to be created anew."""
    anew: set[int] = set()
    for view in views:
        if view.oid in anew or not view.direct:
            continue
        try:
            with db.transaction():
                _create(db, view)
        except psycopg.errors.InvalidTableDefinition:
            anew |= {view.oid} | _above(view.oid, views)
        except psycopg.Error as error:
            raise _in_the_way(view, error) from error
    if anew:
        _recreate(db, [view for view in views if view.oid in anew])
    return len(anew)


def _above(oid: int, views: Sequence[View]) -> set[int]:
    found: set[int] = {oid}
    for view in views:  # nearest first: one walk is enough
        if found & set(view.uses):
            found.add(view.oid)
    return found


def _recreate(db: psycopg.Connection[Any], views: list[View]) -> None:
    for view in reversed(views):
        try:
            db.execute(sql.SQL("DROP VIEW {}").format(view.identifier))
        except psycopg.errors.DependentObjectsStillExist as error:
            raise _in_the_way(view, error) from error
    for view in views:
        try:
            _create(db, view)
            catalog.run_all(db, view.dress)
        except psycopg.Error as error:
            raise _in_the_way(view, error) from error


def _create(db: psycopg.Connection[Any], view: View) -> None:
    options = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(key), sql.Literal(value))
        for key, _, value in (option.partition("=") for option in view.options or [])
    )
    with_options = sql.SQL(" WITH ({})").format(options) if view.options else sql.SQL("")
    db.execute(
        sql.SQL("CREATE OR REPLACE VIEW {}{} AS {}").format(
            view.identifier,
            with_options,
            sql.SQL(view.definition),  # type: ignore[arg-type]
        )
    )


def _in_the_way(view: View, error: psycopg.Error) -> ViewInTheWay:
    detail = f" {error.diag.message_detail}" if error.diag.message_detail else ""
    return ViewInTheWay(
        f"view {view.schema}.{view.name} cannot follow the swap: {error.diag.message_primary}.{detail}",
        fix="change or drop the view (or what rests on it) first, and create it again after the swap.",
    )
