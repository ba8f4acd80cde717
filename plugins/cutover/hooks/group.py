"""A program in a process group of its own: whatever it starts ends with it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

# Between the request to end and the end that nobody can refuse; with it, a stop takes less than a second.
GRACE_SECONDS = 0.5


class Group:
    """A running program and all that it has started, reachable until :meth:`reap`.

    The group's id stays taken for as long as its leader is not reaped, so no signal can reach a stranger.

    :raises OSError: it cannot be started.
    """

    def __init__(self, command: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self._process = subprocess.Popen(
            command,
            env=dict(env),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdout is not None
        self.output = self._process.stdout
        self._lock = threading.Lock()
        self._reaped = False

    def ended(self) -> bool:
        """Return whether the program itself has ended; its children may go on."""
        try:
            return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def succeeded(self) -> bool:
        """Return whether the program, which is not reaped yet, has ended with exit code 0."""
        found = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return found is not None and found.si_code == os.CLD_EXITED and found.si_status == 0

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all of it; harmless when it is over."""
        with self._lock, contextlib.suppress(ProcessLookupError, PermissionError):
            if not self._reaped:
                os.killpg(self._process.pid, number)

    def end(self) -> None:
        """End all of it: ask first, insist half a second later."""
        self.signal(signal.SIGTERM)
        ends = time.monotonic() + GRACE_SECONDS
        while not self.ended() and time.monotonic() < ends:
            time.sleep(0.02)
        # Also where the leader obeyed: a child of it may not have.
        self.signal(signal.SIGKILL)
        while not self.ended():
            time.sleep(0.005)

    def reap(self) -> int:
        """Return the exit code of the program that has ended, negative for a signal; after this no signal is sent."""
        with self._lock:
            self._reaped = True
            code = self._process.wait()
        self.output.close()
        return code
