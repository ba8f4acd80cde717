"""The surroundings of one program's process: where it connects, what it inherits, how it is noted and ended."""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from typing import IO

from psycopg.conninfo import make_conninfo

from cutover import recording
from cutover.connections import ConnectionInfo
from cutover.journal.safe import scrubbed
from cutover.postgres.task import Task

SECRETS = frozenset({"password", "sslpassword"})


def noted(
    ctx: Task, program: str, arguments: Sequence[str | Path], info: ConnectionInfo | None
) -> AbstractContextManager[None]:
    """Have the run's record show the command line; where it went is said by the connection's id."""
    here = tempfile.gettempdir() + os.sep
    # A temporary file's folder has another name each time, an open file another number.
    shown = [Path(each).name if str(each).startswith(here) else str(each) for each in arguments]
    text = scrubbed(re.sub(r"/proc/self/fd/\d+", "/proc/self/fd/N", shlex.join([program, *shown])))
    return recording.noted(ctx.run_id, "program", info.conn_id if info else "", text)


def place(info: ConnectionInfo) -> str:
    parts = {"host": info.host, "port": info.port, "user": info.user, "dbname": info.dbname, **info.extra}
    shown = {name: str(value) for name, value in parts.items() if value is not None and name not in SECRETS}
    return make_conninfo("", **shown, **({"service": "cutover"} if "sslpassword" in info.extra else {}))


def environment(
    ctx: Task, info: ConnectionInfo | None, step: str, settings: Mapping[str, str], closing: ExitStack
) -> dict[str, str]:
    env = {**os.environ, "LC_ALL": "C", "PGCONNECT_TIMEOUT": "10", "PGAPPNAME": f"cutover/{ctx.run_id}/{step}"[:63]}
    env["PGOPTIONS"] = " ".join(f"-c {name}={value}" for name, value in settings.items())
    if info is None:
        return env
    if info.password:
        env["PGPASSWORD"] = info.password
    if "sslpassword" in info.extra:  # no variable of its own: a service file in a folder that only we can enter
        file = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="cutover-"))) / "service.conf"
        file.write_text(f"[cutover]\nsslpassword={info.extra['sslpassword']}\n")
        env["PGSERVICEFILE"] = str(file)
    return env


def until_over(ctx: Task, process: subprocess.Popen[bytes], meanwhile: Callable[[], None]) -> None:
    called = time.monotonic()
    while process.poll() is None:
        ctx.cancel.wait(0.05)
        if time.monotonic() - called >= 1.0:
            meanwhile()
            called = time.monotonic()


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop it if it still runs: on SIGTERM these programs cancel their statements on the server first."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def in_memory() -> IO[bytes]:
    """What programs say may quote rows, which are nobody's business on a disk.

    Appended to: several processes of one program write at once, and would otherwise write over each other's words.
    """
    handle = os.memfd_create("cutover")
    fcntl.fcntl(handle, fcntl.F_SETFL, fcntl.fcntl(handle, fcntl.F_GETFL) | os.O_APPEND)
    return os.fdopen(handle, "w+b")


def close(stream: IO[bytes]) -> None:
    with suppress(OSError):  # what was still to be written, to a program that has ended
        stream.close()
