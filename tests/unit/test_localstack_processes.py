"""Stopping processes by their own pids: all of ours, and never a stranger."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from localstack import health
from localstack.errors import ServerDidNotStart
from localstack.ports import HIGHEST, LOWEST, free_port, is_free
from localstack.processes import Process, launch, start_mark
from localstack.registry import Registry
from localstack.vault import Vault, write_private

# A server that leaves a child behind which ignores the gentle signal.
STUBBORN = """
import os, signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"],
    stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
signal.pause()
"""


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(["sleep", "600"])
    yield child
    child.kill()
    child.wait()


def _first_line(path: Path) -> str:
    end = time.monotonic() + 20
    while "\n" not in path.read_text():
        assert time.monotonic() < end
        time.sleep(0.02)
    return path.read_text().splitlines()[0]


def test_a_stopped_process_leaves_nobody_of_its_session(tmp_path: Path) -> None:
    process = launch("stubborn", [sys.executable, "-c", STUBBORN], log=tmp_path / "log")
    child = int(_first_line(tmp_path / "log"))
    assert process.alive
    assert start_mark(child) is not None
    process.stop(patience=5)
    assert not process.alive
    assert start_mark(child) is None


def test_a_child_whose_parent_was_killed_is_stopped_too(tmp_path: Path) -> None:
    process = launch("stubborn", [sys.executable, "-c", STUBBORN], log=tmp_path / "log")
    child = int(_first_line(tmp_path / "log"))
    os.kill(process.pid, signal.SIGKILL)
    while process.alive:
        time.sleep(0.01)
    assert start_mark(child) is not None
    process.stop()
    assert start_mark(child) is None


def test_a_stranger_with_the_same_pid_is_left_alone(sleeper: subprocess.Popen[bytes]) -> None:
    mark = start_mark(sleeper.pid)
    assert mark is not None
    boot, ticks = mark.split(":")
    for other in (f"{boot}:{int(ticks) - 1}", f"another-boot:{ticks}"):
        recycled = Process("old", sleeper.pid, other, "/dev/null")
        assert not recycled.alive
        recycled.stop(patience=0.1)
        assert sleeper.poll() is None


def test_stopping_what_has_ended_does_nothing(tmp_path: Path) -> None:
    process = launch("short", ["true"], log=tmp_path / "log")
    while process.alive:
        time.sleep(0.01)
    process.stop()


def test_the_registry_finds_processes_and_ports_again(tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    process = launch("one", ["sleep", "600"], log=tmp_path / "log")
    Registry(file).add("one", process)
    Registry(file).set_port("one", 20001)
    Registry(file).set_fact("colour", "blue")
    again = Registry(file)
    assert again.alive("one")
    assert (again.ports, again.facts) == ({"one": 20001}, {"colour": "blue"})
    assert again.stop("one")
    assert not again.stop("one")
    assert not Registry(file).alive("one")
    assert Registry(file).ports == {"one": 20001}, "the next start shall use the same port"


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    first = Vault(file).get("role")
    assert len(first) >= 32
    assert Vault(file).get("role") == first
    assert Vault(file).get("other") != first
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text("old and world-readable")
    write_private(file, "new")
    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_ports_are_below_the_range_of_outgoing_connections() -> None:
    lowest_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert LOWEST < HIGHEST < lowest_outgoing
    assert LOWEST <= free_port() <= HIGHEST


def test_a_taken_port_is_not_free() -> None:
    with contextlib.closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free(port)
        assert free_port(port) != port
    assert free_port(port) == port


class _Web:
    """A server of the standard library, at first on a port that somebody takes in the last moment."""

    def __init__(self, folder: Path, arguments: tuple[str, ...] = ()) -> None:
        self.folder, self.arguments, self.port = folder, arguments, 0
        self.stranger: socket.socket | None = None

    def launch(self) -> Process:
        if self.stranger is None:
            self.stranger = socket.socket()
            self.stranger.bind(("127.0.0.1", self.port))
            self.stranger.listen()
        command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(self.port), *self.arguments]
        return launch("web", command, log=self.folder / "log")

    def answers(self) -> bool:
        with contextlib.suppress(OSError), contextlib.closing(socket.create_connection(("127.0.0.1", self.port), 1)):
            # The stranger listens, too, but never answers.
            return self.stranger is not None and self.stranger.getsockname()[1] != self.port
        return False


def test_a_server_moves_to_another_port_when_its_own_is_taken_in_the_last_moment(tmp_path: Path) -> None:
    web = _Web(tmp_path)
    process = health.start(web, seconds=20)
    try:
        assert web.stranger is not None
        assert web.port != web.stranger.getsockname()[1]
    finally:
        process.stop()
        web.stranger.close()


def test_a_server_that_ends_is_an_error_with_the_end_of_its_log(tmp_path: Path) -> None:
    web = _Web(tmp_path, ("--no-such-option",))
    web.stranger = socket.socket()
    with pytest.raises(ServerDidNotStart, match="no-such-option"):
        health.start(web, seconds=20)
    web.stranger.close()
