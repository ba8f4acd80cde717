"""PgBouncer in transaction mode: clients log in with the database's own roles and passwords."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from cutover.connections import ConnectionInfo
from cutover.routing import RouterFailed, inifile
from localstack import health, pgbouncer_binary
from localstack.accounts import as_server, own
from localstack.ports import LOOPBACK
from localstack.processes import Process, launch
from localstack.vault import write_private

ADMIN = "pgbouncer_admin"
PID_FILE = "pooler.pid"  # for whoever cleans up after us


@dataclass(slots=True)
class PgBouncer:
    """One PgBouncer.

    :param folder: must be reachable by the servers' account.
    :param databases: name of the pool's database -> where it leads.
    :param users: role -> password, for clients and for the servers alike.
    :param admin_password: of the console's administrator.
    """

    folder: Path
    databases: dict[str, ConnectionInfo]
    users: Mapping[str, str] = field(repr=False)
    admin_password: str = field(repr=False)
    port: int = 0

    @property
    def config(self) -> Path:
        return self.folder / "pgbouncer.ini"

    def start(self) -> Process:
        """Write the configuration, start PgBouncer and wait until its console answers.

        :raises ServerDidNotStart: with the end of its log.
        """
        return health.start(self)

    def launch(self) -> Process:
        self.folder.mkdir(parents=True, exist_ok=True)
        own(self.folder)
        self.write()
        return self.run()

    def run(self) -> Process:
        """Start PgBouncer by the configuration that is there, as any service would; do not wait."""
        binary = pgbouncer_binary.find() or pgbouncer_binary.provide(print)
        log = self.folder / "server.log"
        process = launch("PgBouncer", [binary.path, self.config], log=log, env=binary.env(), account=as_server())
        (self.folder / PID_FILE).write_text(str(process.pid))
        return process

    def write(self) -> None:
        """Write the configuration and the user list, each replaced at once; ``RELOAD`` makes it count."""
        logins = {**self.users, ADMIN: self.admin_password}
        userlist = self.folder / "userlist.txt"
        write_private(userlist, "".join(f"{_quoted(user)} {_quoted(word)}\n" for user, word in logins.items()))
        entries = "".join(f"{name} = {_target(info)}\n" for name, info in self.databases.items())
        settings = "".join(f"{name} = {value}\n" for name, value in self._settings(userlist).items())
        write_private(self.config, f"[databases]\n{entries}\n[pgbouncer]\n{settings}")
        own(userlist)
        own(self.config)

    def answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError), contextlib.closing(self.admin()):
            return True
        return False

    def info(self, conn_id: str, dbname: str, user: str) -> ConnectionInfo:
        """Return where clients find ``dbname``."""
        return ConnectionInfo(conn_id, LOOPBACK, self.port, user, self.users[user], dbname)

    def console(self, conn_id: str = "pgbouncer", database: str | None = None) -> ConnectionInfo:
        """Return where the console is; with ``database``, as the router that decides where that one leads."""
        settings = {"database": database, "config_file": str(self.config)} if database else {}
        login = (ADMIN, self.admin_password, "pgbouncer")
        return ConnectionInfo(conn_id, LOOPBACK, self.port, *login, settings=settings)

    def led_to(self, name: str) -> int | None:
        """Return the port that the database ``name`` leads to by the configuration that is there, if there is one."""
        with contextlib.suppress(RouterFailed):
            return int(inifile.entry(self.config, name)["port"])
        return None

    def admin(self) -> psycopg.Connection[Any]:
        """Open the console (PAUSE, RESUME, RELOAD, SHOW ...), which understands simple queries only."""
        return psycopg.connect(
            self.console().conninfo(connect_timeout=5),
            autocommit=True,
            prepare_threshold=None,
            cursor_factory=psycopg.ClientCursor,
        )

    def _settings(self, userlist: Path) -> dict[str, str | int]:
        return {
            "listen_addr": LOOPBACK,
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_type": "scram-sha-256",
            "auth_file": str(userlist),
            "admin_users": ADMIN,
            "pool_mode": "transaction",
            "max_client_conn": 1000,
            "default_pool_size": 20,
            "server_login_retry": 1,  # by default a pool waits 15 s before it looks at a restarted server again
            "ignore_startup_parameters": "extra_float_digits",
            "log_connections": 0,
            "log_disconnections": 0,
        }


def _target(info: ConnectionInfo) -> str:
    return f"host={info.host} port={info.port} dbname={info.dbname}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
