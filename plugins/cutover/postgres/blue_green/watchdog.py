"""The dead-man watchdog: a process that brings clients back when the one that holds them dies, or does not go on.

:func:`standing` starts it before anybody is held. It reads a leg (JSON, with passwords: a pipe is nobody else's to
read) and then one word a line: ``deciding`` before the decision is sent, ``done`` when clients go on. The pipe's end
without ``done`` means that the cutover's process is dead; silence for longer than was agreed means that it hangs.
PgBouncer keeps clients paused when the one who asked for it is gone, so without this nobody would ever let them go on.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import psycopg

from cutover import points
from cutover.errors import CutoverError
from cutover.postgres.blue_green.leg import Leg
from cutover.postgres.blue_green.recovery import recover

READY = b"ready\n"
PATIENCE = 600.0
START_SECONDS = 30.0


class WatchdogFailed(CutoverError):
    """The watchdog did not start, so nothing was touched."""

    code = "BGR013"


class Watchdog:
    """The cutover's end of the pipe."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        assert process.stdin is not None
        self._pipe: IO[bytes] = process.stdin

    def deciding(self) -> None:
        """Say that the decision is about to be sent: from now on only the target knows whether it was made."""
        self._say(b"deciding\n")

    def done(self) -> None:
        """Say that clients go on, wherever: there is nothing left to guard."""
        with contextlib.suppress(WatchdogFailed):
            self._say(b"done\n")

    def _say(self, word: bytes) -> None:
        try:
            self._pipe.write(word)
            self._pipe.flush()
        except OSError as error:
            raise WatchdogFailed(f"the watchdog (pid {self._process.pid}) is gone: {error.strerror}.") from None


@contextlib.contextmanager
def standing(leg: Leg, seconds: float) -> Iterator[Watchdog]:
    """Have a watchdog stand by for the block; it acts when that ends without ``done``, or after ``seconds``.

    :raises WatchdogFailed: it cannot reach what it would need.
    """
    package = str(Path(__file__).resolve().parents[3])
    path = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
    # It must not die of what the cutover dies of.
    inherited = {name: value for name, value in os.environ.items() if name not in (points.VARIABLE, points.STOP)}
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys; from {__name__} import main; sys.exit(main())"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # what ends the task, a signal to its whole group, must not end its watchdog
        env={**inherited, "PYTHONPATH": path},
    )
    dog = Watchdog(process)
    try:
        dog._say(json.dumps({"leg": leg.to_json(), "seconds": seconds}).encode() + b"\n")
        _await_ready(process)
        yield dog
    finally:
        with contextlib.suppress(OSError):
            dog._pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        if process.stdout:
            process.stdout.close()


def _await_ready(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    if select.select([process.stdout], [], [], START_SECONDS)[0] and process.stdout.readline() == READY:
        return
    process.kill()
    raise WatchdogFailed("the watchdog did not start; nothing has been touched.", fix="see the task's log.")


def main() -> int:
    """Stand by until the cutover says that it is done; otherwise bring clients back. Return 0 when that was done."""
    pipe = sys.stdin.buffer
    asked: dict[str, Any] = json.loads(pipe.readline())
    leg, ends = Leg.from_json(asked["leg"]), time.monotonic() + asked["seconds"]
    _look(leg)
    os.write(1, READY)
    said, dead = _listen(pipe.fileno(), ends)
    if b"done" in said:
        return 0
    # A dead process that never came to the decision cannot make it any more; of one that hangs, nobody can tell.
    return _bring_back(leg, undecided=dead and b"deciding" not in said)


def _look(leg: Leg) -> None:
    """Reach everything once: better no cutover than one with a watchdog that cannot bite."""
    router = leg.router()
    try:
        router.where()
    finally:
        router.close()


def _listen(pipe: int, ends: float) -> tuple[bytes, bool]:
    """Return what was said, and whether the other process is dead."""
    said = b""
    while b"done\n" not in said:
        left = ends - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            return said, False
        more = os.read(pipe, 4096)
        if not more:
            return said, True
        said += more
    return said, False


def _bring_back(leg: Leg, *, undecided: bool) -> int:
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            recover(leg, undecided=undecided)
            return 0
        except (CutoverError, psycopg.Error, OSError) as error:
            sys.stderr.write(f"watchdog: {str(error).strip().splitlines()[0]}; trying again\n")
        if time.monotonic() > ends:
            return 1
        time.sleep(0.2)
