"""The pair of ``pair_link`` without a pooler: applications follow a flag, in a store of its own."""

from __future__ import annotations

import contextlib
import dataclasses
import random
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from cutover.context import RunContext
from cutover.flags import Flag, FlagClient, FlagStore, Mode, Use
from cutover.journal.store import Journal
from cutover.postgres import dual_pair
from cutover.postgres.blue_green.names import SideName
from localstack.cluster import Cluster
from support.connections import Connections
from support.pair_link import APP, PASSWORD, SCHEMA, Link

SIDES: dict[str, SideName] = {"old": "blue", "new": "green"}
Reading = dict[SideName, psycopg.Connection[Any]]
SPEC: dict[str, Any] = {
    "strategy": "dual_write",
    "router": None,
    "flags": {"store": "link_flags"},
    "reads": {"shadow": 100, "steps": [10, 100], "hold": "0s"},
    "cutover": {"approval": "auto"},
    "rollback": {"old_database": "keep"},
}


class FlagLink(Link):
    """:ivar store: where the flag is: on green's server, in a database of its own."""

    def __init__(self, blue: Cluster, green: Cluster, dbname: str, journal: Journal) -> None:
        self.blue, self.green, self.dbname, self.journal = blue, green, dbname, journal
        self.store = dataclasses.replace(green.create_database(f"{dbname}_flags"), conn_id="link_flags")

    def make(self, folder: Path, connections: Connections, *, linked: bool = True, **spec: Any) -> FlagLink:
        """Create both databases.

        :param linked: everything is there that a run makes before the cutover, and all reads go to green; otherwise
            green is empty and nothing was done.
        """
        if linked:
            super().make(folder, connections, **spec)
            self.move(Mode.DUAL_WRITE_READ_OLD)
            self.move(Mode.DUAL_WRITE_READ_NEW, read_new=100)
            return self
        for cluster in (self.blue, self.green):
            cluster.create_database(self.dbname)
        self.sql("blue", SCHEMA)
        self.connect(connections)
        self.ctx = self.begin(folder, connections, spec)
        return self

    def connect(self, connections: Connections) -> None:
        for side in ("blue", "green"):
            connections(f"link_{side}", self.info(side))  # type: ignore[arg-type]
        connections("link_flags", self.store)
        connections("cutover_journal", self.journal.info)

    def begin(self, folder: Path, connections: Connections, spec: dict[str, Any], number: int = 1) -> RunContext:
        return super().begin(folder, connections, {**SPEC, **spec}, number)

    @property
    def flags(self) -> FlagStore:
        return FlagStore(self.store)

    @property
    def name(self) -> str:
        return self.ctx.spec.name

    def flag(self) -> Flag:
        return self.flags.create(self.name)

    def move(self, mode: Mode, **more: Any) -> Flag:
        return self.flags.set(self.flag(), mode, by="a test", **more)

    def leads_to(self) -> str:
        flag = self.flag()
        return ("paused " if flag.held_for else "") + ("green" if flag.mode is Mode.NEW_ONLY else "blue")

    def there(self, ctx: RunContext) -> dict[str, Any]:
        """Go through all phases; return the figures of the cutover."""
        from cutover.postgres.dual_write.steps import reads

        for step in (dual_pair.preflight, dual_pair.build, dual_pair.write_both, dual_pair.backfill):
            step(ctx)  # type: ignore[operator]
        checks = dual_pair.verify(ctx)
        assert all(check["ok"] for check in checks), [check for check in checks if not check["ok"]]
        dual_pair.move_reads(ctx, 0)
        for share in ctx.spec.reads.steps:
            dual_pair.move_reads(ctx, share)
            reads.judge(ctx)
        return dual_pair.new_only(ctx)

    def drop(self) -> None:
        super().drop()
        if self.green.pid:
            self.green.drop_database(self.store.dbname)


class FlagClients:
    """Instances of an application that follow the flag: each acknowledged write is remembered, each failure too."""

    def __init__(self, link: FlagLink, instances: int = 2, threads: int = 2, **options: Any) -> None:
        self._link = link
        link.flag()
        more = {"application": "shop", "lag": timedelta(seconds=1), **options}
        self.flags = [FlagClient(link.store, link.name, **more) for _ in range(instances)]
        self._stop, self._lock = threading.Event(), threading.Lock()
        self.acknowledged: set[str] = set()
        self.uncertain: set[str] = set()
        self.failed: list[str] = []
        self.sides: set[str] = set()
        self.reads: set[str] = set()
        self.slowest = 0.0
        self._threads = [
            threading.Thread(target=self._work, args=(n, self.flags[n % instances])) for n in range(instances * threads)
        ]

    def __enter__(self) -> FlagClients:
        for thread in self._threads:
            thread.start()
        self.await_commits(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for flags in self.flags:
            flags.close()

    def await_commits(self, more: int, seconds: float = 60) -> None:
        """Wait until so many more writes were acknowledged: clients work."""
        wanted, ends = len(self.acknowledged) + more, time.monotonic() + seconds
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < ends, f"clients stand still: {self.failed[-3:]}"
            time.sleep(0.005)

    def _read(self, reading: Reading, use: Use, account: int) -> None:
        """Ask for what never changes, as the flag says."""
        old, new = (lambda: self._owner(reading, "blue", account)), (lambda: self._owner(reading, "green", account))
        assert use.read("account", account, old=old, new=new) == f"o{account}"
        self.reads.add("new" if use.reads_new(account) else "old")

    def _owner(self, reading: Reading, side: SideName, account: int) -> Any:
        if side not in reading:
            reading[side] = psycopg.connect(_application(self._link, side), autocommit=True)
        try:
            row = reading[side].execute("SELECT owner FROM account WHERE id = %s", (account,)).fetchone()
        except psycopg.Error:
            reading.pop(side).close()  # the next one asks on a session of its own
            raise
        return row[0] if row else None

    def _work(self, number: int, flags: FlagClient) -> None:
        chance, sequence = random.Random(number), 0
        with contextlib.ExitStack() as sessions:
            known: dict[SideName, psycopg.Connection[Any]] = {}
            reading: Reading = {}
            sessions.callback(_close, reading)
            while not self._stop.wait(0.01):
                sequence += 1
                began = time.monotonic()
                try:
                    with flags.use() as use:
                        self._write(self._session(known, use, sessions), use, f"{number}-{sequence}", chance)
                        if sequence % 4 == 0:
                            self._read(reading, use, chance.randint(1, 50))
                except Exception as error:
                    sessions.close()
                    known.clear()
                    sessions.callback(_close, reading)
                    self.failed.append(f"{type(error).__name__}: {str(error).strip()}")
                self.slowest = max(self.slowest, time.monotonic() - began)

    def _session(
        self, known: dict[SideName, psycopg.Connection[Any]], use: Use, sessions: contextlib.ExitStack
    ) -> psycopg.Connection[Any]:
        side = SIDES[use.side]
        if side not in known:
            opened = psycopg.connect(_application(self._link, side))
            known[side] = sessions.enter_context(contextlib.closing(opened))
        return known[side]

    def _write(self, db: psycopg.Connection[Any], use: Use, token: str, chance: random.Random) -> None:
        account = chance.randint(1, 50)
        with db.transaction():
            db.execute("INSERT INTO entry (account, token) VALUES (%s, %s)", (account, token))
            db.execute("UPDATE account SET balance = balance + 1 WHERE id = %s", (account,))
            use.check()
            with self._lock:
                self.uncertain.add(token)  # from here on COMMIT may be under way
        with self._lock:
            self.uncertain.discard(token)
            self.acknowledged.add(token)
            self.sides.add(use.side)

    def check(self, link: FlagLink, side: SideName) -> None:
        """No transaction has failed; every acknowledged write is there exactly once, and nothing else."""
        assert self.failed == []
        tokens = [row[0] for row in link.sql(side, "SELECT token FROM entry")]
        assert len(tokens) == len(set(tokens))
        assert self.acknowledged - set(tokens) == set(), "lost"
        assert set(tokens) - self.acknowledged <= self.uncertain, "from nowhere"
        assert link.one(side, "SELECT sum(balance) FROM account") == len(tokens), "half a transaction"


def _close(reading: Reading) -> None:
    while reading:
        reading.popitem()[1].close()


def _application(link: FlagLink, side: SideName) -> str:
    return dataclasses.replace(link.info(side), user=APP, password=PASSWORD).conninfo()
