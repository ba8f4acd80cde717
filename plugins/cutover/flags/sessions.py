"""How the store of flags is reached: a session for each call."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import psycopg

from cutover import recording
from cutover.connections import ConnectionInfo
from cutover.errors import ConnectionRefused
from cutover.flags.errors import FlagStoreAway, FlagUnknown
from cutover.postgres.connect import connect

T = TypeVar("T")


class Sessions:
    """Holds no connection: each call opens one, and says so where it cannot.

    :param info: the database; its login needs ``include/sql/roles/flags.sql``.
    :param run_id: the run whose record gets what is changed.
    """

    def __init__(self, info: ConnectionInfo, run_id: str | None = None) -> None:
        self.info, self.run_id = info, run_id

    def _connect(self) -> psycopg.Connection[Any]:
        record = recording.of(self.run_id)
        return connect(self.info, application="cutover/flags", record=record, statement_timeout="10s")

    def _session(self) -> AbstractContextManager[psycopg.Connection[Any]]:
        return self._connect()

    def _do(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        try:
            with self._session() as db:
                return work(db)
        except psycopg.errors.UndefinedTable:
            raise FlagUnknown(
                f"there are no flags in {self.info.label()}.", fix="a migration's run makes the first; see its name."
            ) from None
        except (ConnectionRefused, psycopg.OperationalError) as error:
            raise FlagStoreAway(
                f"the store of flags {self.info.label()} does not answer: {str(error).strip().splitlines()[0]}",
                fix=f"see that the database of the connection {self.info.conn_id!r} is there and takes the login.",
            ) from None
