"""PgBouncer as a router: PAUSE holds clients at a transaction's end, and its configuration says where they go.

Measured on 1.18, and true of later releases: PAUSE outlives the connection that asked for it, and never returns where a
RESUME overtakes it, so it has a connection of its own and a time limit on this side; SET cannot change where a database
leads, RELOAD of the changed file can, also while it is paused.
"""

from __future__ import annotations

import contextlib
import select
import time
from pathlib import Path
from threading import Event
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import ExecStatus
from psycopg.rows import dict_row

from cutover import recording
from cutover.connections import ConnectionInfo
from cutover.routing import inifile
from cutover.routing.router import NotPaused, Place, RouterFailed, Traffic

CONNECT_SECONDS = 5
LOOK_SECONDS = 0.1


class PgBouncerRouter:
    """One PgBouncer and one entry of its ``[databases]``.

    :param info: the console. Its extra ``cutover`` names ``database`` (the entry) and ``config_file`` (the path of
        pgbouncer.ini as this process sees it).
    :param run_id: the run whose record gets the commands.
    """

    def __init__(self, info: ConnectionInfo, run_id: str | None = None) -> None:
        self.info, self.run_id = info, run_id
        missing = [key for key in ("database", "config_file") if not info.settings.get(key)]
        if missing:
            raise RouterFailed(
                f"the connection {info.conn_id!r} does not say which {' and '.join(missing)}.",
                fix='add to its extra: {"cutover": {"database": "<entry of [databases]>", "config_file":'
                ' "/etc/pgbouncer/pgbouncer.ini"}}.',
            )
        self.database, self.config = info.settings["database"], Path(info.settings["config_file"])
        self._console: psycopg.Connection[Any] | None = None
        self._pausing: psycopg.Connection[Any] | None = None

    def where(self) -> Place:
        """Return where clients are led now.

        :raises RouterFailed: PgBouncer has no such entry.
        """
        row = self._row()
        return Place(row["host"] or "", int(row["port"]), row["database"])

    def refuse_unready(self) -> None:
        """See :meth:`Router.refuse_unready`."""
        inifile.refuse_unwritable(self.config, self.database)
        self._row()

    def brace(self) -> None:
        """See :meth:`Router.brace`."""
        self.where()
        if self._pausing is None or self._pausing.closed:
            self._pausing = self._connect()

    def pause(self, seconds: float, stop: Event | None = None) -> None:
        """See :meth:`Router.pause`."""
        if self.paused():
            return
        own, self._pausing = self._pausing or self._connect(), None
        with contextlib.closing(own), self._noted(f"PAUSE {self._name}"):
            own.pgconn.send_query(f"PAUSE {self._name}".encode())
            if not _answered(own, seconds, stop):
                # Whoever is held goes on at once; the PAUSE itself is never answered any more.
                self.resume()
                raise NotPaused(
                    f"PgBouncer {self.info.label()} could not pause {self.database!r} within {seconds:.1f} s: a"
                    " transaction did not end.",
                    fix="look for it in SHOW SERVERS (state active) and pg_stat_activity, or raise cutover: max_pause.",
                )

    def resume(self) -> None:
        """See :meth:`Router.resume`; safe where nothing is paused."""
        if self._row()["paused"]:
            self._tell(f"RESUME {self._name}")

    def refuse(self, seconds: float, stop: Event | None = None) -> None:
        """See :meth:`Doorkeeper.refuse`. DISABLE turns away who comes, KILL who is there; both last."""
        if not self._row()["disabled"]:
            self._tell(f"DISABLE {self._name}")
        with contextlib.suppress(NotPaused):
            self.pause(seconds, stop)
        if stop is None or not stop.is_set():
            self._tell(f"KILL {self._name}")

    def admit(self) -> None:
        """See :meth:`Doorkeeper.admit`; safe where nothing is closed."""
        if self._row()["disabled"]:
            self._tell(f"ENABLE {self._name}")
        self.resume()

    def point(self, place: Place) -> None:
        """See :meth:`Router.point`. The file is changed first: a PgBouncer that is down reads it when it starts.

        :raises RouterFailed: the file cannot be written, or PgBouncer does not do what it says.
        """
        with self._noted(f"pgbouncer.ini: {self._name} leads to {place}"):
            changed = inifile.point(self.config, self.database, place)
        if changed or self.where() != place:
            self._tell("RELOAD")
        found = self.where()
        if found != place:
            raise RouterFailed(
                f"PgBouncer {self.info.label()} leads {self.database!r} to {found}, not to {place}, after RELOAD.",
                fix=f"is {self.config} the file that it was started with? See its log.",
            )

    def paused(self) -> bool:
        """See :meth:`Router.paused`."""
        return bool(self._row()["paused"])

    def closed(self) -> bool:
        """See :meth:`Doorkeeper.closed`."""
        row = self._row()
        return bool(row["paused"] or row["disabled"])

    def served(self) -> int:
        """See :meth:`Doorkeeper.served`."""
        return sum(int(row["total_xact_count"]) for row in self._rows("SHOW STATS") if row["database"] == self.database)

    def traffic(self) -> Traffic:
        """See :meth:`Router.traffic`."""
        pools = [row for row in self._rows("SHOW POOLS") if row["database"] == self.database]
        active, waiting = (sum(int(row[key]) for row in pools) for key in ("cl_active", "cl_waiting"))
        busy = sum(int(row["sv_active"]) for row in pools)
        return Traffic(clients=active + waiting, active=busy, waiting=waiting)

    def version(self) -> str:
        """Return what ``SHOW VERSION`` says, e.g. ``PgBouncer 1.18.0``."""
        return str(next(iter(self._rows("SHOW VERSION")[0].values())))

    def settings(self) -> dict[str, str]:
        """Return PgBouncer's configuration by name."""
        return {row["key"]: row["value"] for row in self._rows("SHOW CONFIG")}

    def close(self) -> None:
        """See :meth:`Router.close`."""
        for connection in (self._console, self._pausing):
            if connection is not None:
                connection.close()
        self._console = self._pausing = None

    @property
    def _name(self) -> str:
        return sql.Identifier(self.database).as_string(None)

    def _row(self) -> dict[str, Any]:
        for row in self._rows("SHOW DATABASES"):
            if row["name"] == self.database:
                return row
        raise RouterFailed(
            f"PgBouncer {self.info.label()} has no database {self.database!r}.",
            fix="add it to [databases] of its configuration and RELOAD.",
        )

    def _rows(self, command: str) -> list[dict[str, Any]]:
        with self._again() as console, console.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(command.encode()).fetchall()

    def _tell(self, command: str) -> None:
        try:
            with self._noted(command), self._again() as console:
                console.execute(command.encode())
        except psycopg.Error as error:
            raise self._failed(command, error) from None

    @contextlib.contextmanager
    def _again(self):  # type: ignore[no-untyped-def]
        """Yield the console, opened anew where it was lost."""
        if self._console is None or self._console.closed:
            self._console = self._connect()
        try:
            yield self._console
        except psycopg.OperationalError as error:
            self.close()
            raise self._failed("the console", error) from None

    def _noted(self, command: str) -> contextlib.AbstractContextManager[None]:
        return recording.noted(self.run_id, "pooler", self.info.conn_id, command)

    def _connect(self) -> psycopg.Connection[Any]:
        try:
            return psycopg.connect(
                self.info.conninfo(
                    dbname="pgbouncer", connect_timeout=CONNECT_SECONDS, application_name="cutover/router"
                ),
                autocommit=True,
                prepare_threshold=None,
                cursor_factory=psycopg.ClientCursor,
            )
        except psycopg.OperationalError as error:
            raise self._failed("connecting", error) from None

    def _failed(self, what: str, error: psycopg.Error) -> RouterFailed:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return RouterFailed(
            f"PgBouncer {self.info.label()}: {what}: {reason}",
            fix=f"check the connection {self.info.conn_id!r}; its login must be one of PgBouncer's admin_users.",
        )


def _answered(connection: psycopg.Connection[Any], seconds: float, stop: Event | None) -> bool:
    """Wait for the answer to a query that was sent; False when the time is over before, or it is to stop."""
    pgconn, ends = connection.pgconn, time.monotonic() + seconds
    while True:
        pgconn.consume_input()
        while not pgconn.is_busy():
            result = pgconn.get_result()
            if result is None:
                return True
            if result.status == ExecStatus.FATAL_ERROR:
                raise RouterFailed(f"PgBouncer refused PAUSE: {result.error_message.decode(errors='replace').strip()}")
        left = ends - time.monotonic()
        if left <= 0 or (stop is not None and stop.is_set()):
            return False
        select.select([pgconn.socket], [], [], left if stop is None else min(left, LOOK_SECONDS))
