"""Waiting for a server until it answers, and no longer than it lives."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, Protocol

from localstack.errors import ServerDidNotStart
from localstack.ports import free_port, is_free
from localstack.processes import Process


class Server(Protocol):
    """A server of one process and one port."""

    port: int

    def launch(self) -> Process:
        """Start the process on :attr:`port`; do not wait."""

    def answers(self) -> bool:
        """Tell whether it serves."""


def start(server: Server, *, seconds: float = 20) -> Process:
    """Start ``server`` on its port if that is free, else on another one, and wait until it answers.

    :raises ServerDidNotStart: it ended or did not answer in time; with the end of its log.
    """
    for tries_left in (3, 2, 1, 0):
        server.port = free_port(server.port)
        process = server.launch()
        try:
            wait_until(server.answers, process, seconds=seconds)
            return process
        except ServerDidNotStart:
            process.stop()
            # Was it the port? Between the look and the bind another process can take it.
            if is_free(server.port) or not tries_left:
                raise
    raise AssertionError("unreachable")


def wait_until(answers: Callable[[], bool], process: Process, *, seconds: float) -> None:
    """Wait until ``answers()`` is true.

    :raises ServerDidNotStart: the process ended or ``seconds`` have passed; with the end of its log.
    """
    end = time.monotonic() + seconds
    while not answers():
        if not process.alive:
            raise _did_not_start(process, "ended while it was starting")
        if time.monotonic() > end:
            raise _did_not_start(process, f"did not answer within {seconds:.0f} s")
        time.sleep(0.05)


def get_json(url: str, timeout: float = 2.0) -> dict[str, Any] | None:
    """Return the JSON object at ``url``, or None where nobody answers with one."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            found = json.load(answer)
    except (OSError, ValueError, urllib.error.URLError):
        return None
    return found if isinstance(found, dict) else None


def _did_not_start(process: Process, what: str) -> ServerDidNotStart:
    return ServerDidNotStart(
        f"{process.name} (pid {process.pid}) {what}. Its log ends with:\n{process.log_tail()}", fix=f"see {process.log}"
    )
