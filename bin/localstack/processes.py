"""Child processes that outlive the command that started them, and that only their own pid ever stops."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localstack.errors import StackError


@dataclass(frozen=True, slots=True)
class Process:
    """One process that we started.

    :param started: when, in the kernel's clock ticks since boot, with the boot's id: a pid is used again, this is not.
    """

    name: str
    pid: int
    started: str
    log: str

    @property
    def alive(self) -> bool:
        with contextlib.suppress(OSError):
            os.waitpid(self.pid, os.WNOHANG)  # a child that has ended stays a zombie until its parent asks
        return self.started == start_mark(self.pid)

    def log_tail(self, lines: int = 25) -> str:
        with contextlib.suppress(OSError):
            return "\n".join(Path(self.log).read_text(errors="replace").splitlines()[-lines:])
        return ""

    def stop(self, patience: float = 20.0) -> None:
        """End the process, then whatever it left behind in its session: gently, after ``patience`` seconds by force."""
        if start_mark(self.pid) not in (None, self.started):
            return  # the pid belongs to a stranger by now
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
            _wait(lambda: not self.alive, patience)
        for how in (signal.SIGTERM, signal.SIGKILL):
            for member in self._session():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member, how)
            if _wait(lambda: not self._session(), 5):
                return
        raise StackError(f"{self.name} (pid {self.pid}) does not stop.", fix=f"kill -KILL {self.pid}")

    def _session(self) -> list[int]:
        """Return the pids of the session this one leads; until all are gone the kernel gives its number to nobody."""
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [pid for pid in pids if _facts(pid)[1] == self.pid]


def launch(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | str = "/",
    account: Mapping[str, Any] | None = None,
) -> Process:
    """Start ``command`` in a session of its own, its output appended to ``log``.

    :param account: keywords of :func:`localstack.accounts.as_server`, to run it unprivileged.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            **(account or {}),
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    child.returncode = 0  # it is meant to outlive us: no warning about that when the handle is dropped
    return Process(name, child.pid, start_mark(child.pid) or "", str(log))


def start_mark(pid: int) -> str | None:
    """Return what tells the process ``pid`` from an earlier or later one of that number; None where none runs."""
    started, _ = _facts(pid)
    return f"{_boot_id()}:{started}" if started else None


def _facts(pid: int) -> tuple[str, int]:
    """Return start time and session of ``pid`` (fields 22 and 6 of its stat), nothing for one that has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "", 0
    ended = fields[0] in ("Z", "X")
    return ("", 0) if ended else (fields[19], int(fields[3]))


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _wait(condition: Any, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
