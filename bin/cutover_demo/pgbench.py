"""pgbench as a writer: somebody else's client, with PostgreSQL's own idea of latency and failure."""

from __future__ import annotations

import os
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cutover.connections import ConnectionInfo
from cutover_demo.crowd import Promises
from cutover_demo.errors import WriterSlow
from cutover_demo.latency import measure
from cutover_demo.ledger import Entry
from cutover_demo.statements import folder

# Ends pgbench as its own timer would, between two transactions, when the demo closes the pipe or dies.
LEASH = """
exec 3<&0
"$@" & bench=$!
{ cat <&3 >/dev/null; kill -ALRM $bench 2>/dev/null; } & leash=$!
wait $bench; code=$?
kill $leash
exit $code
"""
LONGEST = 7200  # seconds
PATIENCE = 60.0
ABORTED = re.compile(r"client (?P<client>\d+) (?:script \d+ )?aborted")
PROGRESS = re.compile(r"^progress: .*?(?P<tps>[\d.]+) tps", re.MULTILINE)


@dataclass
class Pgbench:
    """``clients`` sessions in one process, ``tps`` transactions per second together, through the pooler.

    :param program: the path of pgbench.
    :param info: the application's login.
    :param place: a folder for its log and its words, which must not exist yet.
    """

    program: Path
    info: ConnectionInfo
    place: Path
    tps: float = 100
    clients: int = 2
    source: str = "pgbench"
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _offset: int = 0

    def __enter__(self) -> Pgbench:
        self.place.mkdir(parents=True)
        # Its log speaks of wall time, the fleet of the monotonic clock.
        self._offset = time.time_ns() - time.monotonic_ns()
        script = folder("pgbench") / "sell.sql"
        command: list[str | Path] = [
            *(self.program, "--no-vacuum", "--protocol=simple", "--file", script, "--define=seq=0"),
            *(f"--client={self.clients}", "--jobs=1", f"--rate={self.tps:g}", f"--time={LONGEST}", "--progress=1"),
            *("--failures-detailed", "--log", f"--log-prefix={self.place / 'log'}"),
        ]
        with (self.place / "said").open("wb") as said:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", LEASH, "pgbench", *command],
                env=self._env(),
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                start_new_session=True,  # Ctrl-C goes to the whole group: it ends between two transactions instead
            )
        try:
            self._await_the_first()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def promises(self) -> Promises:
        """See :meth:`Crowd.promises`: a client that was aborted may have committed its last one without knowing."""
        kept = {(self.source, entry.writer, entry.seq) for entry in self._committed()}
        last = {client: max((seq for _, who, seq in kept if who == client), default=0) for client in self._aborted()}
        return Promises(kept, {(self.source, client, seq + 1) for client, seq in last.items()})

    def entries(self) -> list[Entry]:
        """Return its transactions; for each client that was aborted one that failed, without its time."""
        words = self._words().splitlines()
        aborted = [
            Entry(client, 0, "pgbench", "failed", error=next(line for line in words if f"client {client} " in line))
            for client in self._aborted()
        ]
        return [*self._logged(), *aborted]

    def figures(self) -> dict[str, Any]:
        """Return ``{"transactions", "failed", "latency_ms": {...}}``."""
        committed, tried = self._committed(), self.entries()
        times = measure(committed)
        latency = {"p50": times.p50, "p95": times.p95, "p99": times.p99, "max": times.max_stall}
        return {"transactions": len(tried), "failed": len(tried) - len(committed), "latency_ms": latency}

    def problems(self) -> list[str]:
        return [] if self._committed() else ["pgbench has not done a single transaction"]

    def _env(self) -> dict[str, str]:
        usual = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        login = {"PGHOST": self.info.host, "PGPORT": str(self.info.port), "PGUSER": self.info.user or ""}
        return {**usual, **login, "PGPASSWORD": self.info.password or "", "PGDATABASE": self.info.dbname}

    def _await_the_first(self) -> None:
        ends = time.monotonic() + PATIENCE
        while not any(float(tps) for tps in PROGRESS.findall(self._words())):
            assert self._process is not None
            if self._process.poll() is not None or self._aborted() or time.monotonic() > ends:
                raise WriterSlow(f"pgbench did not begin to write: {self._words()[-500:]}", fix="is the pooler up?")
            time.sleep(0.05)

    def _words(self) -> str:
        return (self.place / "said").read_text(encoding="utf-8", errors="replace")

    def _aborted(self) -> list[int]:
        return sorted({int(found["client"]) for found in ABORTED.finditer(self._words())})

    def _committed(self) -> list[Entry]:
        return [entry for entry in self._logged() if entry.outcome == "ack"]

    def _logged(self) -> list[Entry]:
        """Read its log: client, number, microseconds since it was due, script, end (s, us), microseconds it was late.

        A transaction that was due while its client still waited for the one before it has not waited itself. Instead
        of a time there is a word where it failed by a deadlock, say. A line without an end is still being written.
        """
        found = []
        for file in sorted(self.place.glob("log.*")):
            for line in file.read_text(encoding="ascii").split("\n")[:-1]:
                client, number, due, _, seconds, micros, late = line.split()[:7]
                ended = int(seconds) * 10**9 + int(micros) * 1000 - self._offset
                if not due.isdigit():
                    found.append(Entry(int(client), int(number), "pgbench", "failed", started=ended, error=due))
                    continue
                took = (int(due) - int(late)) * 1000
                found.append(
                    Entry(int(client), int(number), "pgbench", "ack", started=ended - took, seconds=took / 1e9)
                )
        return found
