"""The writers of a demo: started, told about a new release of the shop, watched and stopped together."""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from cutover_demo.errors import WriterDied, WriterSlow
from cutover_demo.signals import COMMITTED, FAILED, LAST_COMMIT, READY, RELEASE, WORST, Signals
from cutover_demo.writer import WriterConfig, run

Entry = Callable[[WriterConfig, Signals, Connection], None]


class Fleet:
    """Writer processes that share ``tps`` transactions per second.

    :param conninfo: the application's login, through the pooler.
    :param ledger: folder for the ledger files, which must not exist yet.
    :param work: what a process does.
    """

    def __init__(
        self, conninfo: str, ledger: Path, *, writers: int = 4, tps: float = 300, seed: int = 1, work: Entry = run
    ) -> None:
        ledger.mkdir(parents=True)
        # Spawned, not forked: a child must not inherit the sessions and threads of the demo.
        context = multiprocessing.get_context("spawn")
        self.signals = Signals.make(context, writers)
        self.ledger = ledger
        self._stopping = False
        self._leashes: list[Connection] = []
        self._processes: list[BaseProcess] = []
        for number in range(writers):
            config = WriterConfig(number, writers, conninfo, ledger, tps / writers, seed)
            theirs, ours = context.Pipe(duplex=False)
            arguments = (config, self.signals, theirs)
            self._processes.append(context.Process(target=work, args=arguments, name=f"writer-{number}"))
            self._leashes.append(ours)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Fleet]:
        """Start, wait until every writer has read its orders, and stop at the end of the block."""
        try:
            for process in self._processes:
                process.start()
            self._await(lambda: all(self.signals.every(READY)), "read their orders", 120)
            yield self
        finally:
            self.stop()

    def release(self, version: int) -> None:
        """Roll out a release of the shop; return when every writer works with it and no other. 0 closes the shop."""
        self.signals.release.value = version
        self._await(lambda: set(self.signals.every(RELEASE)) == {version}, f"take release {version}", 60)

    def stop(self) -> None:
        """Let every writer finish its transaction and end. One that hangs for 30 seconds is ended by force."""
        self._stopping = True
        for leash in self._leashes:
            leash.close()
        for process in self._processes:
            if process.pid is not None:
                process.join(timeout=30)
                if process.is_alive():
                    process.kill()
                    process.join()

    def await_commits(self, more: int, timeout: float = 60) -> None:
        """Wait until ``more`` further transactions have been acknowledged."""
        goal = self.committed + more
        self._await(lambda: self.committed >= goal, f"commit {more} more transactions", timeout)

    @property
    def committed(self) -> int:
        return sum(self.signals.every(COMMITTED))

    @property
    def failed(self) -> int:
        return sum(self.signals.every(FAILED))

    @property
    def worst_ms(self) -> float:
        """The slowest transaction so far, milliseconds."""
        return max(self.signals.every(WORST)) / 1e6

    @property
    def silence_ms(self) -> float:
        """Milliseconds since any writer committed."""
        return (time.monotonic_ns() - max(self.signals.every(LAST_COMMIT))) / 1e6

    def check(self) -> None:
        """:raises WriterDied: a writer process ended by itself."""
        for process in self._processes:
            if process.exitcode is not None and not self._stopping:
                raise WriterDied(
                    f"{process.name} ended with {process.exitcode} while the demo was running.",
                    fix="read its traceback above.",
                )

    def _await(self, reached: Callable[[], bool], what: str, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not reached():
            self.check()
            if time.monotonic() > deadline:
                raise WriterSlow(f"the writers did not {what} within {timeout:.0f} s.", fix="is the pooler up?")
            time.sleep(0.02)
