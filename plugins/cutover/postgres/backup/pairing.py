"""One table of two databases, each in a snapshot that somebody holds: which rows differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from psycopg import sql

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.context import Db
from cutover.postgres.online.meter import Meter
from cutover.postgres.rowdiff import ComparedColumn, RowDiff, Side, diff_across
from cutover.postgres.rowdiff.predicates import TEXT
from cutover.postgres.rowdiff.session import snapshot
from cutover.postgres.task import Task

STEP = "compare"


@dataclass(frozen=True, slots=True)
class Seen:
    """A database in a snapshot: ``id`` is that of an exported one, whose transaction is still open."""

    info: ConnectionInfo
    id: str


def columns_of(schema: str, name: str, columns: Sequence[str]) -> sql.Composed:
    """Return a table, without what inherits from it, as a query in parentheses."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("(SELECT {} FROM ONLY {})").format(names, sql.Identifier(schema, name))


def diff(
    ctx: Task,
    left: Seen,
    right: Seen,
    relation: sql.Composable,
    *,
    key: Sequence[str],
    columns: Sequence[str],
    label: str,
    rows: int,
    workers: int,
) -> RowDiff:
    """Compare ``relation``, which has a primary key and is called the same on both sides.

    :param rows: an estimate, for progress.
    """
    side = Side(relation, tuple(key), unique=True, expected_rows=rows)
    meter = Meter(ctx, STEP, label, rows)
    found = diff_across(
        lambda: _opened(ctx, left.info),
        lambda: _opened(ctx, right.info),
        side,
        side,
        [ComparedColumn.same(name) for name in columns],
        snapshots=(left.id, right.id),
        workers=workers,
        progress=meter.at,
        cancel=ctx.cancel,
    )
    meter.finish(found.rows_left)
    return found


def digest(db: Db, relation: sql.Composable, columns: Sequence[str], seed: int) -> tuple[int, str, int]:
    """Return number and sums of a table's rows, whatever order they are in; for tables without a key.

    :param seed: the same for both sides, and another one each time.
    """
    values = sql.SQL(", ").join(sql.Identifier("t", name) for name in columns)
    query = sqlfiles.compose(
        "rowdiff/digest",
        hash=sql.SQL("pg_catalog.hashtextextended({}, {})").format(
            TEXT.format(sql.SQL("ROW({})").format(values)), sql.Literal(seed)
        ),
        relation=relation,
        alias=sql.Identifier("t"),
        within=sql.SQL("true"),
    )
    row = db.execute(query).fetchone()
    assert row is not None, "an aggregate has one row"
    return row[0], row[1], row[2]


@contextmanager
def exported(ctx: Task, info: ConnectionInfo) -> Iterator[tuple[Db, Seen]]:
    """Hold a snapshot of a database; yield the session that holds it, and how others look into it."""
    with ctx.open(info, STEP, idle_in_transaction_session_timeout="0") as db, snapshot(db):
        row = db.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
        assert row is not None, "a SELECT without FROM has one row"
        yield db, Seen(info, row[0])


def _opened(ctx: Task, info: ConnectionInfo) -> AbstractContextManager[Db]:
    @contextmanager
    def opened() -> Iterator[Db]:
        with ctx.open(info, STEP, lock_timeout="30s", idle_in_transaction_session_timeout="0") as db:
            yield db

    return opened()
