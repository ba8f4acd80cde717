"""No autovacuum on green while it is filled: it would read half-filled tables and hold locks that steps wait for.

Between the copy and the moment when green follows every table has just been filled, and nobody reads it; what has to be
analyzed and vacuumed is, by the steps themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from cutover import sqlfiles
from cutover.context import Db

AT_ONCE = 100


def keep(green: Db) -> int:
    """Switch autovacuum off for every table that has no wish of its own; returns for how many."""
    wanted = [name for name, own in _look(green).items() if not own]
    _alter(green, wanted, sql.SQL("SET (autovacuum_enabled = false)"))
    return len(wanted)


def end(green: Db, design: Db) -> int:
    """Leave it to the server again, but for tables whose design has a wish of its own; returns for how many."""
    own = {name for name, said in _look(design).items() if said}
    wanted = [name for name, said in _look(green).items() if said and name not in own]
    _alter(green, wanted, sql.SQL("RESET (autovacuum_enabled)"))
    return len(wanted)


def _look(db: Db) -> dict[tuple[str, str], bool]:
    return {(row[0], row[1]): row[2] for row in db.execute(sqlfiles.text("blue_green/autovacuum_wishes").encode())}


def _alter(db: Db, names: Sequence[tuple[str, str]], how: sql.SQL) -> None:
    for first in range(0, len(names), AT_ONCE):
        statements = [
            sql.SQL("ALTER TABLE {} {}").format(sql.Identifier(*name), how) for name in names[first : first + AT_ONCE]
        ]
        with db.transaction():
            db.execute(sql.SQL("; ").join(statements))
