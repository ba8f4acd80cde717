"""One writer process: an application that does one transaction after the other, and believes what it is told."""

from __future__ import annotations

import contextlib
import random
import signal
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psycopg

from cutover_demo.audit import owned_by
from cutover_demo.ledger import Effects, LedgerFile
from cutover_demo.memory import Memory
from cutover_demo.operations import KINDS
from cutover_demo.signals import COMMITTED, FAILED, LAST_COMMIT, READY, RELEASE, WORST, Signals
from cutover_demo.transaction import ChangeOfMind, Names, Transaction, WrongAnswer


@dataclass(frozen=True, slots=True)
class WriterConfig:
    """What one writer is told at its start.

    :param conninfo: the application's login, through the pooler.
    :param tps: transactions per second of this writer; it never tries to catch up after a stall.
    """

    number: int
    of: int
    conninfo: str = field(repr=False)
    ledger: Path
    tps: float
    seed: int


def run(config: WriterConfig, signals: Signals, leash: Connection, make: type[Writer] | None = None) -> None:
    """Write until the other end of ``leash`` is closed, by the demo or by its death; the process' entry point.

    :param make: another application than the shop's.
    """
    # Ctrl-C goes to the whole group: the demo ends its writers itself, between two transactions.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    writer = (make or Writer)(config, signals)
    try:
        writer.prepare()
        writer.work(leash)
    finally:
        writer.close()


class Writer:
    """See :func:`run`."""

    def __init__(self, config: WriterConfig, signals: Signals) -> None:
        self.config, self.signals = config, signals
        self.dice = random.Random(config.seed * 1000 + config.number)
        self.names = Names(config.number)
        self.ledger = LedgerFile(config.ledger, config.number)
        self.memory = Memory(Effects())
        self.seq = 0
        self.db: psycopg.Connection[Any] | None = None

    def prepare(self) -> None:
        """Read the orders that this writer owns, before any migration begins."""
        seeds = owned_by(self.session(), self.config.number, self.config.of)
        self.memory.apply(seeds)
        self.ledger.write("seed", orders=seeds.orders, children=seeds.children)
        self.signals.set(self.config.number, READY, 1)

    def work(self, leash: Connection) -> None:
        pause = 1 / self.config.tps
        due = time.monotonic() + self.dice.random() * pause
        while not leash.poll(max(0.0, due - time.monotonic())):
            release = self.signals.release.value
            self.signals.set(self.config.number, RELEASE, release)
            if release:  # 0: the shop is closed
                self.one(release)
            due = max(due + pause, time.monotonic())

    def one(self, release: int) -> None:
        """Do one transaction and note what became of it."""
        name = self.choose(release)
        self.seq += 1
        started = time.monotonic_ns()
        verdict, error = self._attempt(name)
        elapsed = time.monotonic_ns() - started
        self.ledger.write(verdict, seq=self.seq, kind=name, started=started, seconds=elapsed / 1e9, error=error)
        self._count(verdict, started + elapsed, elapsed)

    def choose(self, release: int) -> str:
        """Return the operation to do next, by the weights of those that the release knows."""
        kinds = {name: kind for name, kind in KINDS.items() if kind.release <= release}
        return self.dice.choices(list(kinds), [kind.weight for kind in kinds.values()])[0]

    def _attempt(self, name: str) -> tuple[str, str | None]:
        """Run operation ``name``; return the verdict for the ledger and what the application saw."""
        tx: Transaction | None = None
        committing = False
        try:
            tx = Transaction(self.session(), self.memory, self.dice, self.names)
            tx.send("token", {"writer": self.config.number, "seq": self.seq})
            KINDS[name].run(tx)
            self.ledger.write("intent", seq=self.seq, kind=name, orders=tx.effects.orders, children=tx.effects.children)
            committing = True
            tx.db.commit()
        except ChangeOfMind:
            return self._undo()
        except (psycopg.Error, OSError, WrongAnswer) as error:
            return self._failed(
                error, tx.effects if tx else Effects(), committing
            ), f"{type(error).__name__}: {error}".strip()
        self.memory.apply(tx.effects)
        return "ack", None

    def _undo(self) -> tuple[str, str | None]:
        try:
            self.session().rollback()
        except (psycopg.Error, OSError) as error:
            self._hang_up()
            return "failed", f"{type(error).__name__} on ROLLBACK: {error}".strip()
        return "undone", None

    def _failed(self, error: Exception, effects: Effects, committing: bool) -> str:
        """Return ``unknown`` where COMMIT was sent and no answer came, else ``failed``."""
        answered = isinstance(error, psycopg.Error) and error.sqlstate is not None
        fatal = answered and error.sqlstate[:3] in ("57P", "08P")  # type: ignore[index, attr-defined]
        if self.db is None or self.db.broken or fatal or not answered:
            self._hang_up()
        else:
            with contextlib.suppress(psycopg.Error, OSError):
                self.db.rollback()
        if not committing or (answered and not fatal):
            return "failed"
        self._forget(effects)
        return "unknown"

    def _forget(self, effects: Effects) -> None:
        """Nobody knows what these orders are like now, so nobody builds on them; the token will tell."""
        for reference in effects.orders:
            self.memory.forget(reference)

    def _count(self, verdict: str, now: int, elapsed: int) -> None:
        me = self.config.number
        if verdict == "ack":
            self.signals.set(me, COMMITTED, self.signals.get(me, COMMITTED) + 1)
            self.signals.set(me, LAST_COMMIT, now)
        elif verdict in ("failed", "unknown"):
            self.signals.set(me, FAILED, self.signals.get(me, FAILED) + 1)
        self.signals.set(me, WORST, max(self.signals.get(me, WORST), elapsed))

    def session(self) -> psycopg.Connection[Any]:
        """Return the open session; connect where there is none."""
        if self.db is None or self.db.closed:
            # PgBouncer before 1.21 knows no server-side prepared statements in transaction mode.
            self.db = psycopg.connect(
                self.config.conninfo, prepare_threshold=None, application_name=f"writer-{self.config.number}"
            )
        return self.db

    def _hang_up(self) -> None:
        if self.db is not None:
            self.db.close()
            self.db = None

    def close(self) -> None:
        self._hang_up()
        self.ledger.close()
