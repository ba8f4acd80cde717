"""The sessions that suites see: plain views of the tables, all in one snapshot, unable to write.

Great Expectations builds SQL as text and quotes what it knows of. Names with quotes, capitals, colons or percent
signs break it; so it never sees a table, but the temporary views ``subject`` and ``comparison``. It never sees a
login either: it is handed connections, not URLs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import IsolationLevel, sql

from cutover.connections import ConnectionInfo
from cutover.postgres.connect import connect
from cutover.validation.suites.errors import SuiteCannotRun

if TYPE_CHECKING:
    from cutover.context import CancelToken

Db = psycopg.Connection[Any]
SUBJECT, COMPARISON = "subject", "comparison"


@dataclass(slots=True)
class Stage:
    """A database in one snapshot, from which sessions with the same snapshot can be opened."""

    info: ConnectionInfo
    holder: Db
    snapshot: str
    closing: contextlib.ExitStack
    cancel: CancelToken | None

    def session(self, path: tuple[str, ...], views: Mapping[str, sql.Composable]) -> Db:
        """Open a read-only session with temporary views; SQLAlchemy may use and reset it as it likes.

        :raises SuiteCannotRun: the role may not create temporary objects.
        """
        search_path = ", ".join(sql.Identifier(schema).as_string() for schema in dict.fromkeys(path))
        # Suites scan whole tables. The log of touched keys is next to empty when it is planned for, and grows: a nested
        # loop over it, once per row of the table, would take hours.
        opened = connect(self.info, application="cutover/suites", enable_nestloop="off")
        db = self.closing.enter_context(contextlib.closing(opened))
        if self.cancel:
            self.closing.enter_context(self.cancel.watch(db))
        # Views first: what they hold is resolved under the pinned path, qualified or not at all.
        for name, query in views.items():
            _create(db, name, query, self.info)
        db.execute(sql.SQL("SELECT pg_catalog.set_config('search_path', {}, false)").format(sql.Literal(search_path)))
        db.autocommit = False
        db.isolation_level = IsolationLevel.REPEATABLE_READ
        db.read_only = True
        # SQLAlchemy rolls back what it returns. Servers count that, and who observes them takes it for errors.
        db.rollback = db.commit  # type: ignore[method-assign]
        return db

    def enter(self, db: Db) -> None:
        """Begin a session's next transaction in the snapshot; none any more once an operator stopped the step."""
        if self.cancel:
            self.cancel.check()
        db.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(self.snapshot)))


@contextlib.contextmanager
def staged(info: ConnectionInfo, cancel: CancelToken | None = None, shared: str | None = None) -> Iterator[Stage]:
    """Hold a snapshot of a database for the block; close every session of it afterwards.

    :param shared: id of a snapshot that was exported elsewhere, to be looked at instead of a new one.
    """
    with contextlib.ExitStack() as closing:
        holder = closing.enter_context(
            contextlib.closing(connect(info, application="cutover/suites", autocommit=False))
        )
        if cancel:
            closing.enter_context(cancel.watch(holder))
        holder.isolation_level = IsolationLevel.REPEATABLE_READ
        holder.read_only = True
        if shared:
            holder.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(shared)))
        # However long the suites take, the snapshot that they share must not go away.
        holder.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        row = holder.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
        assert row is not None, "a SELECT without FROM has one row"
        yield Stage(info, holder, row[0], closing, cancel)
        holder.commit()


def _create(db: Db, name: str, query: sql.Composable, info: ConnectionInfo) -> None:
    try:
        db.execute(sql.SQL("CREATE TEMPORARY VIEW {} AS {}").format(sql.Identifier(name), query))
    except psycopg.errors.InsufficientPrivilege as error:
        raise SuiteCannotRun(
            f"{info.label()}: suites cannot look at their tables: {error.diag.message_primary}.",
            fix=f'GRANT TEMPORARY ON DATABASE "{info.dbname}" TO "{info.user}"; and SELECT on the tables.',
        ) from None
