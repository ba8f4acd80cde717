"""Materialized views carry no rows over: they are filled anew, those first on which others rest."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import CutoverError


class NotRefreshed(CutoverError):
    """A materialized view cannot be filled on green."""

    code = "BGR054"


@dataclass(frozen=True, slots=True)
class View:
    """A materialized view. ``filled``: it can be read."""

    schema: str
    name: str
    filled: bool


def run(ctx: RunContext, blue: Db, green: Db) -> int:
    """Fill what blue has filled, and what is new on green; returns how many were filled now.

    :raises NotRefreshed: naming the view and why.
    """
    empty = {(view.schema, view.name) for view in _look(blue) if not view.filled}
    waiting = [view for view in _look(green) if not view.filled and (view.schema, view.name) not in empty]
    done = 0
    while waiting:
        ctx.cancel.check()
        failed = [(view, error) for view in waiting if (error := _refresh(green, view))]
        done += len(waiting) - len(failed)
        if len(failed) == len(waiting):  # what one reads by a function shows no order: only now it is certain
            view, error = failed[0]
            raise NotRefreshed(
                f"materialized view {view.schema}.{view.name} cannot be filled on green: {error.diag.message_primary}.",
                fix="mend its query on blue or in schema: up, or drop it for the time of the run.",
            ) from error
        waiting = [view for view, _ in failed]
    return done


def _look(db: Db) -> list[View]:
    with db.cursor(row_factory=class_row(View)) as cursor:
        return cursor.execute(sqlfiles.text("blue_green/matviews")).fetchall()  # type: ignore[arg-type]


def _refresh(green: Db, view: View) -> psycopg.Error | None:
    path = sql.SQL("{}, public").format(sql.Identifier(view.schema))
    try:
        with green.transaction():
            green.execute(sql.SQL("SET LOCAL search_path = {}").format(path))
            green.execute(sql.SQL("REFRESH MATERIALIZED VIEW {}").format(sql.Identifier(view.schema, view.name)))
    except psycopg.errors.QueryCanceled:
        raise
    except psycopg.DatabaseError as error:
        if green.broken:
            raise
        return error
    return None
