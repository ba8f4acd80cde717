"""Do the spec's expressions work where they will be evaluated: in the copy, and in triggers on the other side?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from cutover.context import Db
from cutover.postgres.preflight.expressions import columns
from cutover.postgres.preflight.session import problem, undone
from cutover.postgres.preflight_pair.structure import Structure, Table
from cutover.postgres.preflight_pair.survival import Survival

if TYPE_CHECKING:
    from cutover.spec.models import Migration, TableSpec

Faults = dict[tuple[str, str, str], str]


def faults(spec: Migration, here: Db, inside: Db, blue: Structure, found: Survival) -> Faults:
    """Return what is wrong, by (table, ``columns`` or ``reverse``, column).

    :param here: a session on blue; :param inside: one in the design.
    """
    wrong: Faults = {}
    for wish in spec.tables:
        name = (wish.schema_name, wish.table_name)
        old, new = blue.tables.get(name), found.after.tables.get(name)
        if old is not None and new is not None:
            _columns(wish, old, new, here, inside, found.shared.get(name), wrong)
    return wrong


def _columns(
    wish: TableSpec, old: Table, new: Table, here: Db, inside: Db, shared: tuple[str, ...] | None, wrong: Faults
) -> None:
    travelling = set(shared) if shared is not None else _names(old) & _names(new)
    places = (("columns", wish.columns, new, "green"), ("reverse", wish.reverse, old, "blue"))
    for kind, wanted, at, side in places:
        for column, expression in wanted.items():
            said = (
                _target(at, column, side)
                or _evaluated_both(expression, old, new, here, inside, at, column)
                or _arrives(expression, travelling, side)
            )
            if said:
                wrong[wish.qualified, kind, column] = said


def _names(table: Table) -> set[str]:
    return {column.name for column in table.columns if not column.generated}


def _arrives(expression: str, travelling: set[str], side: str) -> str | None:
    """A trigger sees the row as it arrives: what does not travel is not in it yet."""
    absent = sorted(columns(expression) - travelling)
    if not absent:
        return None
    return f"it reads {', '.join(absent)}, which does not travel: {side} has no value of it when the row arrives"


def _target(table: Table, column: str, side: str) -> str | None:
    found = table.column(column)
    if found is None:
        there = ", ".join(each.name for each in table.columns)
        return f"{side} has no column {column} there; it has {there}"
    return f"{column} is generated on {side}, and computes itself" if found.generated else None


def _evaluated_both(
    expression: str, old: Table, new: Table, here: Db, inside: Db, at: Table, column: str
) -> str | None:
    """It is computed over the row of either side: by the copy, by a trigger, and by the row diff."""
    type_ = next(each.type for each in at.columns if each.name == column)
    over_blue = _evaluated(here, old, expression, type_ if at is old else None)
    over_green = _evaluated(inside, new, expression, type_ if at is new else None)
    said = f"over blue's row: {over_blue}" if over_blue else None
    return said or (f"over green's row: {over_green}" if over_green else None)


def _evaluated(db: Db, table: Table, expression: str, type_: str | None) -> str | None:
    """Return what the server says to the expression over no row; its text was parsed when the spec was loaded."""
    body = sql.SQL("SELECT ({}\n)").format(sql.SQL(expression))  # type: ignore[arg-type]
    if type_ is not None:
        body += sql.SQL("::" + type_)  # type: ignore[arg-type]
    path = sql.SQL("SET LOCAL search_path = {}, public").format(sql.Identifier(table.relation.schema))
    try:
        with undone(db, lock_wait=1000, read_only=True):
            db.execute(path)
            db.execute(body + sql.SQL(" FROM {} LIMIT 0").format(sql.Identifier(*table.name)))
    except psycopg.Error as error:
        return problem(error).message
    return None
