"""One connection to the journal that many threads may use and that comes back after a drop.

Every statement is written so that sending it twice is harmless (each row has a key made by the caller), so a
call whose answer was lost is simply sent again.
"""

from __future__ import annotations

import contextlib
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import psycopg
from psycopg.rows import DictRow, dict_row

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.errors import ConnectionRefused
from cutover.journal.errors import JournalMissing, JournalUnavailable, RunUnknown
from cutover.postgres.connect import connect

T = TypeVar("T")

# Waiting for these would be in vain: the server answered, and its answer was no.
_FINAL_REFUSALS = ("authentication failed", "does not exist", "pg_hba.conf", "no password supplied", "host name")
# Connection lost, shutting down or starting up, full; a lock or statement timeout; a primary that became a standby.
_TRANSIENT_STATES = ("08", "57P", "53300", "55P03", "57014", "25006")
_NOT_SET_UP = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedColumn)


class Calls:
    """The journal's connection; the parts of :class:`~cutover.journal.store.Journal` build upon it.

    :param patience: seconds for which a call tries again while the server is away.
    """

    def __init__(self, info: ConnectionInfo, *, patience: float = 10.0) -> None:
        self.info = info
        self.patience = patience
        self._lock = threading.RLock()
        self._connection: psycopg.Connection[DictRow] | None = None
        self._owner = os.getpid()

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        with self._lock:
            if self._connection is not None and self._owner == os.getpid():
                self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # also runs after a failed __init__ and at interpreter shutdown
            self.close()

    def rows(self, name: str, /, *, patience: float | None = None, **parameters: Any) -> list[dict[str, Any]]:
        """Run ``include/sql/journal/<name>.sql`` and return its rows; an UPDATE without RETURNING gives none.

        :raises RunUnknown: a row was to be written for a ``run_id`` that is no run.
        """
        statement = sqlfiles.text(f"journal/{name}")

        def work(db: psycopg.Connection[DictRow]) -> list[dict[str, Any]]:
            cursor = db.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

        try:
            return self.attempt(work, patience=patience)
        except psycopg.errors.ForeignKeyViolation:
            raise RunUnknown(f"no run has the id {parameters['run_id']!r}.", fix="python -m cutover runs") from None

    def row(self, name: str, /, **parameters: Any) -> dict[str, Any] | None:
        """Like :meth:`rows`, for statements that give one row or none."""
        found = self.rows(name, **parameters)
        return found[0] if found else None

    def attempt(self, work: Callable[[psycopg.Connection[DictRow]], T], *, patience: float | None = None) -> T:
        """Do ``work``, again on a new connection when this one was dropped; ``work`` must bear being repeated.

        :raises JournalUnavailable: the server stayed away for longer than ``patience`` seconds.
        """
        give_up = time.monotonic() + (self.patience if patience is None else patience)
        handled = sys.exception()
        reconnected = False
        while True:
            try:
                with self._lock:
                    return work(self._open())
            except _NOT_SET_UP as error:
                raise self._missing(error) from error
            except (psycopg.Error, ConnectionRefused) as error:
                _heed(error, handled)
                if not _transient(error):
                    raise
                self.close()
                # A dropped connection is worth one new try even when the caller has no patience.
                if reconnected and time.monotonic() > give_up:
                    raise self._unavailable(error) from error
                time.sleep(random.uniform(0.05, 0.3) if reconnected else 0.0)
                reconnected = True

    def _open(self) -> psycopg.Connection[DictRow]:
        if self._owner != os.getpid():
            # A forked child must not talk on its parent's socket, nor close it.
            self._connection, self._owner = None, os.getpid()
        if self._connection is None or self._connection.closed:
            quick = {"connect_timeout": "5", "tcp_user_timeout": "10000", **self.info.extra}
            db = connect(
                replace(self.info, extra=quick),
                application="cutover/journal",
                statement_timeout="15s",
                lock_timeout="3s",
                # Replies are awaited: an acknowledged line of the journal survives a crash of its server.
                synchronous_commit="on",
            )
            db.prepare_threshold = None  # works behind a pooler, too
            db.row_factory = dict_row  # type: ignore[assignment]
            self._connection = db
        return self._connection

    def _missing(self, error: psycopg.Error) -> JournalMissing:
        return JournalMissing(
            f"the journal {self.info.label()} is not set up: {error.diag.message_primary}.",
            fix="python -m cutover journal",
        )

    def _unavailable(self, error: Exception) -> JournalUnavailable:
        reason = error.what if isinstance(error, ConnectionRefused) else str(error).strip().splitlines()[0]
        return JournalUnavailable(
            f"the journal {self.info.label()} cannot be reached: {reason}",
            fix=f"check the server behind the Airflow connection {self.info.conn_id!r}, then retry the task; "
            "every step may be repeated.",
        )


def _heed(error: BaseException, handled: BaseException | None) -> None:
    """Go on with a Ctrl-C: where it broke into a statement, what came of that is an error, and no reason to retry.

    :param handled: what the caller is dealing with already; a Ctrl-C of before is its own affair.
    """
    before = error.__context__
    while before is not None and before is not handled:
        if isinstance(before, KeyboardInterrupt):
            raise before
        before = before.__context__


def _transient(error: Exception) -> bool:
    if isinstance(error, ConnectionRefused):
        return not any(phrase in error.what for phrase in _FINAL_REFUSALS)
    if isinstance(error, psycopg.InterfaceError):
        return True
    state = getattr(error, "sqlstate", None)
    if state is None:
        return isinstance(error, psycopg.OperationalError)
    return state.startswith(_TRANSIENT_STATES)
