"""What a side tells its follower: the followed tables, without columns that the follower lacks, and the heartbeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres.blue_green.names import Names, SideName, own
from cutover.postgres.blue_green.tables import TableMap


class NotPublished(CutoverError):
    """The publication cannot be made as the followed tables ask for it."""

    code = "BGR021"


@dataclass(frozen=True, slots=True)
class Published:
    """A table as the origin has it. ``columns``: those that are not generated, in their order."""

    schema: str
    table: str
    kind: str
    columns: list[str]


def ensure(db: Db, names: Names, origin: SideName, tables: Sequence[TableMap]) -> None:
    """Publish the followed ones of ``tables`` and the heartbeat on ``origin``, which ``db`` is a session of.

    Run again it makes the publication what it should be; a slot that uses it goes on.

    :raises NotPublished: a table is missing here, or the login may not publish it.
    """
    followed = [table for table in tables if table.followed and table.on_green]
    here = {(found.schema, found.table): found for found in _look(db, followed)}
    missing = [table.label for table in followed if (table.schema, table.table) not in here]
    if missing:
        raise NotPublished(
            f"{origin} has no table {', '.join(missing[:8])}, though the run follows it.",
            fix="roll the run back and begin again.",
        )
    members = [_member(table, here[table.schema, table.table]) for table in followed]
    wanted = sql.SQL(", ").join([own("heartbeat"), *members])
    options = sql.SQL("publish = 'insert, update, delete, truncate', publish_via_partition_root = {}").format(
        # Only where this side is partitioned and the other one is not: there the rows have to say the root's name.
        sql.SQL("true" if any(found.kind == "p" for found in here.values()) else "false")
    )
    _make(db, sql.Identifier(names.flow(origin)), exists(db, names.flow(origin)), wanted, options)


def _make(db: Db, name: sql.Identifier, there: bool, wanted: sql.Composable, options: sql.Composable) -> None:
    try:
        with db.transaction():
            if there:
                db.execute(sql.SQL("ALTER PUBLICATION {} SET ({})").format(name, options))
                db.execute(sql.SQL("ALTER PUBLICATION {} SET TABLE {}").format(name, wanted))
            else:
                db.execute(sql.SQL("CREATE PUBLICATION {} FOR TABLE {} WITH ({})").format(name, wanted, options))
    except psycopg.errors.InsufficientPrivilege as error:
        raise NotPublished(
            f"database {db.info.dbname!r}: {db.info.user!r} may not publish: {error.diag.message_primary}.",
            fix="grant the owner of that table to the login, and CREATE on the database; see docs/privileges.md.",
        ) from error


def exists(db: Db, name: str) -> bool:
    """Whether the database has a publication of that name."""
    return db.execute("SELECT FROM pg_publication WHERE pubname = %s", (name,)).rowcount == 1


def drop(db: Db, names: Names, origin: SideName) -> None:
    """Drop the publication of ``origin``, which ``db`` is a session of, where it exists."""
    db.execute(sql.SQL("DROP PUBLICATION IF EXISTS {}").format(sql.Identifier(names.flow(origin))))


def _member(table: TableMap, here: Published) -> sql.Composable:
    """``schema.table``, with a column list where the other side lacks columns of it.

    A table whose rows are known by all their columns takes no list; the mapping has seen to it that it needs none.
    """
    travelling = [column for column in here.columns if column in table.shared]
    if len(travelling) == len(here.columns):
        return table.identifier
    return sql.SQL("{} ({})").format(table.identifier, sql.SQL(", ").join(map(sql.Identifier, travelling)))


def _look(db: Db, tables: Sequence[TableMap]) -> list[Published]:
    with db.cursor(row_factory=class_row(Published)) as cursor:
        return cursor.execute(
            sqlfiles.text("blue_green/published"),  # type: ignore[arg-type]
            {"schemas": [table.schema for table in tables], "tables": [table.table for table in tables]},
        ).fetchall()
