"""One process of the application: it follows the migration's flag, and believes what it is told."""

from __future__ import annotations

from multiprocessing.connection import Connection
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from cutover.connections import ConnectionInfo
from cutover.errors import CutoverError
from cutover.flags import FlagClient
from cutover_demo.accounts_app import audit
from cutover_demo.accounts_app.holdings import Holdings, promised
from cutover_demo.accounts_app.operations import KINDS
from cutover_demo.accounts_app.work import Work
from cutover_demo.ledger import Effects
from cutover_demo.signals import READY, Signals
from cutover_demo.transaction import WrongAnswer
from cutover_demo.writer import Writer, WriterConfig
from cutover_demo.writer import run as run_writer

# The demo's copy of accounts_4.
MIGRATION = "accounts_4_demo"
TOKEN = "INSERT INTO demo.tokens (writer, seq) VALUES (%s, %s)"


def run(config: WriterConfig, signals: Signals, leash: Connection) -> None:
    """The process' entry point; see :func:`cutover_demo.writer.run`."""
    run_writer(config, signals, leash, Instance)


class Instance(Writer):
    """Does one operation after the other, each under one version of the flag."""

    def __init__(self, config: WriterConfig, signals: Signals) -> None:
        super().__init__(config, signals)
        self.holdings = Holdings()
        self.flags = FlagClient(
            _info(config.conninfo), MIGRATION, application="requests", instance=f"requests-{config.number}"
        )

    def prepare(self) -> None:
        """Read the accounts that this process owns, before any migration begins."""
        seeds = audit.owned(self.session(), "old", self.config.number, self.config.of)
        self.session().rollback()
        self.holdings.apply({name: (owner, known) for owner, name, known in seeds})
        children = {name: promised(owner, known) for owner, name, known in seeds}
        self.ledger.write("seed", orders={}, children=children)
        self.signals.set(self.config.number, READY, 1)

    def choose(self, release: int) -> str:
        return self.dice.choices(list(KINDS), [kind.weight for kind in KINDS.values()])[0]

    def close(self) -> None:
        self.flags.close()
        super().close()

    def _attempt(self, name: str) -> tuple[str, str | None]:
        """Run operation ``name``; return the verdict for the ledger and what the application saw."""
        kind = KINDS[name]
        work: Work | None = None
        committing = False
        try:
            with self.flags.use(reads_only=kind.reads_only) as use:
                label = f"{self.config.number}.{self.seq}"
                work = Work(self.session(), use, self.holdings, self.dice, label)
                if kind.reads_only:
                    kind.run(work)
                    work.db.commit()
                    return "read", None
                work.db.execute(TOKEN, (self.config.number, self.seq))
                kind.run(work)
                self._intend(name, work)
                use.check()
                committing = True
                work.db.commit()
        except (psycopg.Error, OSError, WrongAnswer, CutoverError) as error:
            effects = Effects(children=dict.fromkeys(work.changes) if work else {})
            return self._failed(error, effects, committing), f"{type(error).__name__}: {error}".strip()
        self.holdings.apply(work.changes)
        return "ack", None

    def _intend(self, name: str, work: Work) -> None:
        children: dict[str, Any] = {
            thing: None if there is None else promised(*there) for thing, there in work.changes.items()
        }
        self.ledger.write("intent", seq=self.seq, kind=name, orders={}, children=children)

    def _forget(self, effects: Effects) -> None:
        for owner in self.holdings.owners(effects.children):
            self.holdings.forget(owner)


def _info(conninfo: str) -> ConnectionInfo:
    given = conninfo_to_dict(conninfo)
    login = {name: given.get(name) for name in ("host", "user", "password", "dbname")}
    return ConnectionInfo("requests", port=int(given.get("port") or 5432), **login)  # type: ignore[arg-type]
