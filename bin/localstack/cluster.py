"""PostgreSQL clusters from the wheel's programs: made, started and stopped in about a second.

The same class serves the local stack (clusters that last) and the tests (see :mod:`localstack.throwaway`).
"""

from __future__ import annotations

import contextlib
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from cutover.connections import ConnectionInfo
from localstack import pgprocess
from localstack.accounts import as_server, own
from localstack.errors import StackError
from localstack.pgprograms import SUPERUSER, Programs
from localstack.ports import LOOPBACK, free_port
from localstack.settings import BASE, Settings, render


@dataclass
class Cluster(Programs):
    """One PostgreSQL server on the loopback, with its folder.

    :param version: 16 or 18.
    :param folder: holds ``data``, ``server.log`` and ``password`` (the superuser's).
    :param settings: on top of :data:`localstack.settings.BASE`.
    :param port: 0 until the first start, unless the caller insists on one.
    """

    version: int
    folder: Path
    settings: Settings = field(default_factory=dict)
    port: int = 0
    password: str = field(default="", repr=False)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def _secret(self) -> Path:
        return self.folder / "password"

    @property
    def pid(self) -> int | None:
        """Process id of the running server; None where none runs on this folder."""
        return pgprocess.server_pid(self.data)

    def attach(self, port: int = 0) -> Cluster:
        """Take over what is in the folder, running or not; ``port`` is for the next start."""
        if (self.data / "PG_VERSION").exists():
            self.password = self._secret.read_text()
        self.port = pgprocess.server_port(self.data) if self.pid is not None else port
        return self

    def create(self) -> Cluster:
        """Initialise the data folder, or take over the one that is there; return the cluster itself."""
        if (self.data / "PG_VERSION").exists():
            self.password = self._secret.read_text()
            return self
        self.folder.mkdir(parents=True, exist_ok=True)
        own(self.folder)
        self.password = secrets.token_urlsafe(24)
        self._secret.touch(mode=0o600)
        own(self._secret)
        self._secret.write_text(self.password)
        pgprocess.initdb(self.tool("initdb"), self.data, superuser=SUPERUSER, password_file=self._secret)
        with (self.data / "postgresql.conf").open("a") as config:
            config.write("include = 'cutover.conf'\n")
        return self

    def start(self, **settings: str | int) -> Cluster:
        """Start the server and wait until it takes connections; a running one is left alone.

        :param settings: change or add to :attr:`settings`, for good.
        :raises ServerDidNotStart: with the last lines of its log.
        """
        self.settings.update(settings)
        if self.pid is not None:
            self.port = pgprocess.server_port(self.data)
            return self
        fixed = self.port
        for _ in range(10):
            self.port = fixed or free_port()
            self._write_settings()
            if pgprocess.start(self.tool("pg_ctl"), self.data, self.log, retry_port=not fixed):
                return self
        raise StackError(f"ten free ports in a row were taken before {self.folder} could bind one.")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: ``smart``, ``fast`` or ``immediate`` (as after a crash). One that is down stays down."""
        if self.pid is not None:
            pgprocess.stop(self.tool("pg_ctl"), self.data, mode)

    def restart(self, mode: str = "fast", **settings: str | int) -> Cluster:
        """Stop and start on the same port, with further settings."""
        self.stop(mode)
        return self.start(**settings)

    def standby(self, folder: Path, *, slot: str | None = None, **settings: str | int) -> Cluster:
        """Make and start a physical hot standby of this running cluster.

        :param folder: for the standby; must be reachable by the servers' account.
        :param slot: name of a physical slot to create on this cluster and to use.
        """
        folder.mkdir(parents=True, exist_ok=True)
        own(folder)
        standby = Cluster(self.version, folder, {**self.settings, **settings}, password=self.password)
        more = ["--create-slot", "--slot", slot] if slot else []
        arguments: list[str | Path] = ["-D", standby.data, "-R", "-X", "stream", "-c", "fast", *more]
        self.run("pg_basebackup", *arguments, **as_server())
        return standby.start(hot_standby="on")

    def _write_settings(self) -> None:
        path = self.data / "cutover.conf"
        path.write_text(render({**BASE, **self.settings, "port": self.port}))
        own(path)

    def info(
        self, conn_id: str = "test", dbname: str = SUPERUSER, user: str | None = None, password: str | None = None
    ) -> ConnectionInfo:
        """Return where database ``dbname`` is; the superuser's login unless ``user`` is given."""
        return ConnectionInfo(
            conn_id=conn_id,
            host=LOOPBACK,
            port=self.port,
            user=user or SUPERUSER,
            password=password if user else self.password,
            dbname=dbname,
        )

    def connect(self, dbname: str = SUPERUSER, *, autocommit: bool = True, **more: Any) -> psycopg.Connection[Any]:
        """Open a superuser's session with the server's own defaults (no pinned settings)."""
        return psycopg.connect(self.info(dbname=dbname).conninfo(**more), autocommit=autocommit)

    def create_database(self, name: str, *, template: str | None = None) -> ConnectionInfo:
        """Create database ``name`` and return where it is."""
        make = sql.SQL("create database {}").format(sql.Identifier(name))
        if template:
            make += sql.SQL(" template {}").format(sql.Identifier(template))
        with contextlib.closing(self.connect()) as db:
            db.execute(make)
        return self.info(dbname=name)

    def has_database(self, name: str) -> bool:
        with contextlib.closing(self.connect()) as db:
            return db.execute("select from pg_database where datname = %s", [name]).rowcount == 1

    def drop_database(self, name: str) -> None:
        """Drop database ``name`` where it exists, with all that would hold it (sessions, slots, subscriptions)."""
        with contextlib.closing(self.connect()) as db:
            self._drop_subscriptions(db, name)
            self._drop_slots(db, name)
            db.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    @staticmethod
    def _drop_slots(db: psycopg.Connection[Any], name: str) -> None:
        """End all sessions of a database and drop its slots; who follows from elsewhere may come back in between."""
        ends = time.monotonic() + 30
        while True:
            db.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s", [name])
            try:
                db.execute(
                    "select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = %s", [name]
                )
                return
            except psycopg.errors.ObjectInUse:
                if time.monotonic() > ends:
                    raise

    def drop_subscriptions(self, name: str) -> None:
        """Let database ``name`` follow nobody any more, where it exists; slots elsewhere are left alone."""
        with contextlib.closing(self.connect()) as db:
            self._drop_subscriptions(db, name)

    def _drop_subscriptions(self, anywhere: psycopg.Connection[Any], name: str) -> None:
        """Do so. The list is one for all databases: most need not be entered, where a first session is dear."""
        found = anywhere.execute(_SUBSCRIPTIONS_OF, [name]).fetchall()
        if not found:
            return
        with contextlib.closing(self.connect(name)) as db:
            for (subscription,) in found:
                target = sql.Identifier(subscription)
                db.execute(sql.SQL("alter subscription {} disable").format(target))
                db.execute(sql.SQL("alter subscription {} set (slot_name = none)").format(target))
                db.execute(sql.SQL("drop subscription {}").format(target))


_SUBSCRIPTIONS_OF = "select subname from pg_subscription s join pg_database d on d.oid = s.subdbid where datname = %s"
