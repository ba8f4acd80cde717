"""A session that ignores the pool: it writes to blue directly and overrides what a session may override."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import psycopg

from cutover.connections import ConnectionInfo
from cutover_demo.crowd import Promises, Token
from cutover_demo.errors import WriterSlow
from cutover_demo.ledger import Entry

EVERY = 0.05  # seconds
WRITE = "INSERT INTO shop.movements (source, client, seq, product_id) VALUES ('direct', 0, %s, 1)"


@dataclass
class Direct:
    """Blue takes its writes while blue is live and refuses them while it is not; being refused is no failure.

    :param info: the application's login at blue itself.
    """

    info: ConnectionInfo
    source: str = "direct"
    stretches: list[tuple[str, int]] = field(default_factory=list)  # ("taken", 812), ("refused", 40), ...
    _errors: list[str] = field(default_factory=list)
    _promises: Promises = field(default_factory=Promises)
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)

    def __enter__(self) -> Direct:
        self._thread = threading.Thread(target=self._work, name="direct", daemon=True)
        self._thread.start()
        ends = time.monotonic() + 30
        while not self.stretches:
            if time.monotonic() > ends:
                self.__exit__()
                raise WriterSlow(f"the direct session cannot write: {self._errors[:1]}", fix="is blue up?")
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=30)

    def await_refusal(self, timeout: float = 30) -> None:
        """Wait until it has been refused, now that live is elsewhere."""
        ends = time.monotonic() + timeout
        while self.stretches[-1][0] != "refused" and time.monotonic() < ends:
            time.sleep(0.02)

    def promises(self) -> Promises:
        return self._promises

    def entries(self) -> list[Entry]:
        return []

    def figures(self) -> dict[str, Any]:
        """Return ``{"taken", "refused", "stretches": [[what, how many], ...], "errors": [...]}``."""
        counted = {
            kind: sum(number for what, number in self.stretches if what == kind) for kind in ("taken", "refused")
        }
        return {**counted, "stretches": [list(each) for each in self.stretches], "errors": self._errors[:10]}

    def problems(self) -> list[str]:
        return [f"the direct session met an error that is no refusal: {error}" for error in self._errors[:3]]

    def _work(self) -> None:
        numbers = itertools.count(1)
        while not self._stop.is_set():
            try:
                with psycopg.connect(self.info.conninfo(), autocommit=True, application_name="direct") as db:
                    db.execute("SET default_transaction_read_only = off")
                    while not self._stop.wait(EVERY):
                        self._write(db, next(numbers))
            except psycopg.Error as error:
                self._errors.append(f"{type(error).__name__}: {error}".strip())
                self._stop.wait(1)

    def _write(self, db: psycopg.Connection[Any], number: int) -> None:
        token: Token = (self.source, 0, number)
        self._promises.unknown.add(token)
        with contextlib.suppress(psycopg.errors.ReadOnlySqlTransaction):
            db.execute(WRITE, (number,))
            self._promises.kept.add(token)
        self._promises.unknown.discard(token)
        self._tell("taken" if token in self._promises.kept else "refused")

    def _tell(self, what: str) -> None:
        if self.stretches and self.stretches[-1][0] == what:
            self.stretches[-1] = (what, self.stretches[-1][1] + 1)
        else:
            self.stretches.append((what, 1))
