"""Processes to be killed: each with a memory, sessions and an end of its own, and there in a hundredth of a second.

``python -m support.pair_child`` spends a second on its imports alone; these are forked from a process that has done
them (see :mod:`support.nursery`).
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache

from localstack.places import ROOT

KINDS = ("backup", "dual", "flag", "last_resort", "online", "pair", "window")
FOLDERS = os.pathsep.join(str(ROOT / name) for name in ("plugins", "bin", "tests"))


class Child:
    """One process: what the tests need of :class:`subprocess.Popen`, with the same meaning."""

    def __init__(self, module: str, words: tuple[str, ...], environment: Mapping[str, str], *, kept: bool) -> None:
        self.returncode: int | None = None
        self._end, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._said = tempfile.TemporaryFile() if kept else None  # noqa: SIM115
        request = {"module": module, "words": words, "environment": {**environment, "PYTHONPATH": FOLDERS}}
        output = [self._said.fileno()] * 2 if self._said else [1, 2]
        with theirs:
            socket.send_fds(_nursery(), [json.dumps(request).encode()], [theirs.fileno(), *output])
        self.pid = self._read(60)

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self.returncode = self._read(timeout)
            self._end.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def said(self, timeout: float) -> str:
        """Wait for its end and return what it has written, where that was to be kept."""
        self.wait(timeout)
        assert self._said is not None
        self._said.seek(0)
        return self._said.read().decode(errors="replace")

    def _read(self, timeout: float | None) -> int:
        self._end.settimeout(timeout)
        try:
            told = self._end.recv(64)
        except (TimeoutError, BlockingIOError):
            raise subprocess.TimeoutExpired("a child", timeout or 0) from None
        assert told, "the process that children are forked from has ended"
        return int(told)


def start(module: str, *words: str, environment: Mapping[str, str], kept: bool = False) -> Child:
    """Start ``main()`` of a module, as ``python -m module words`` would.

    :param kept: keep what it writes, for :meth:`Child.said`, instead of letting it through.
    """
    return Child(module, words, environment, kept=kept)


@cache
def _nursery() -> socket.socket:
    """Return the way to this process' nursery, which is started by that."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    kinds = [f"support.{kind}_child" for kind in KINDS]
    command = [sys.executable, "-m", "support.nursery", str(theirs.fileno()), *kinds]
    with theirs:
        started = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": FOLDERS},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
    atexit.register(_end, ours, started)
    return ours


def _end(ours: socket.socket, started: subprocess.Popen[bytes]) -> None:
    ours.close()
    started.wait(timeout=10)
