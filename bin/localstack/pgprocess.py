"""The server process of a cluster: initdb, start, stop, and whose pid it is."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from localstack.accounts import as_server
from localstack.errors import ServerDidNotStart, StackError

Command = Sequence[str | Path]
PORT_TAKEN = ("could not bind", "Address already in use")


def initdb(program: Path, data: Path, *, superuser: str, password_file: Path) -> None:
    """Initialise ``data``: UTF-8, the C.UTF-8 locale, passwords on every connection."""
    login: Command = [program, "-D", data, "-U", superuser, "--pwfile", password_file, "--auth", "scram-sha-256"]
    done = _run([*login, "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "-c", "scram_iterations=1"])
    if done.returncode:
        raise StackError(f"initdb of {data} ended with {done.returncode}: {done.stderr.strip()}")


def start(pg_ctl: Path, data: Path, log: Path, *, retry_port: bool) -> bool:
    """Start the server on ``data`` and wait for it.

    :param retry_port: return False, instead of raising, where another process took the port.
    :raises ServerDidNotStart: with the last lines of the log.
    """
    before = log.stat().st_size if log.exists() else 0
    command: Command = [pg_ctl, "-D", data, "-l", log, "-w", "-t", "120", "-s", "start"]
    # The server inherits the descriptors of pg_ctl: a pipe here would be held open as long as it runs.
    silent: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    done = subprocess.run(command, **as_server(), **silent, cwd="/", check=False)
    if done.returncode == 0:
        return True
    said = log.read_bytes()[before:].decode(errors="replace") if log.exists() else ""
    if retry_port and any(sign in said for sign in PORT_TAKEN):
        return False
    raise ServerDidNotStart(
        f"PostgreSQL on {data} did not start (pg_ctl ended with {done.returncode}). Its log says:\n" + said[-2000:],
        fix=f"see {log}; `bin/down --purge` starts afresh.",
    )


def stop(pg_ctl: Path, data: Path, mode: str) -> None:
    """Stop the server on ``data`` and wait until it is gone; after a minute of ``fast`` it is made ``immediate``."""
    for how in dict.fromkeys((mode, "immediate")):
        _run([pg_ctl, "-D", data, "-m", how, "-w", "-t", "60", "-s", "stop"])
        if server_pid(data) is None:
            return
    pid = server_pid(data)
    raise StackError(f"the server on {data} (pid {pid}) does not stop.", fix=f"kill -KILL {pid}")


def server_pid(data: Path) -> int | None:
    """Return the pid of the server that runs on ``data``, else None.

    A pid file that outlived its server may name a stranger's process by now: only a process whose
    working directory is ``data`` counts, as the server's always is.
    """
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        return pid if Path(f"/proc/{pid}/cwd").resolve(strict=True) == data.resolve() else None
    except (OSError, ValueError):
        return None


def server_port(data: Path) -> int:
    """Return the port of the server that runs on ``data``, by its pid file's fourth line."""
    return int((data / "postmaster.pid").read_text().split("\n")[3])


def _run(command: Command) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, **as_server(), cwd="/", capture_output=True, text=True, check=False)
