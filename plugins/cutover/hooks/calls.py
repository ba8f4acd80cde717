"""One HTTP call that ends in time and at an operator's wish, and that leaves no trace of its address in any log."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from cutover.context import CancelToken
from cutover.hooks.errors import HookTimedOut
from cutover.journal.safe import scrubbed

THREAD = "cutover-hook-call"
READ_BYTES = 4096
SHOWN = 300
LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent. ``repr`` shows neither address nor headers: either may hold a secret."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    login: tuple[str, str] | None = field(default=None, repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """:param text: the first 300 characters of what came back."""

    status: int
    text: str


class NoReply(Exception):
    """Nobody answered; the text says why, without the address."""


def call(what: Call, *, timeout: float, cancel: CancelToken) -> Reply:
    """Call once. Redirects are not followed.

    It goes on in a thread of its own, because no library can be woken from a look-up of a name: one that is stopped or
    late is left to itself, and whether it was received is then not known.

    :param timeout: seconds, for all of it.
    :raises NoReply: nobody answered.
    :raises HookTimedOut: not within ``timeout``.
    :raises Cancelled: an operator stopped the step.
    """
    answers: list[Reply | Exception] = []
    over = threading.Event()

    def work() -> None:
        try:
            answers.append(_call(what, timeout))
        except Exception as error:
            answers.append(error)
        over.set()

    _hush()
    deadline = time.monotonic() + timeout
    threading.Thread(target=work, name=THREAD, daemon=True).start()
    while not over.wait(min(LOOK_SECONDS, max(deadline - time.monotonic(), 0))):
        cancel.check()
        if time.monotonic() >= deadline:
            raise HookTimedOut(f"there was no answer within {timeout:g} s.", fix="raise its `timeout`.")
    cancel.check()
    (answer,) = answers
    if isinstance(answer, Reply):
        return answer
    if isinstance(answer, httpx.TimeoutException):
        raise HookTimedOut(f"there was no answer within {timeout:g} s.", fix="raise its `timeout`.")
    raise NoReply(_reason(answer))


def _call(what: Call, timeout: float) -> Reply:
    headers = {"User-Agent": "cutover", **what.headers}
    with (
        httpx.Client(timeout=timeout, auth=what.login, follow_redirects=False) as client,
        client.stream(what.method, what.url, headers=headers, content=what.body) as answer,
    ):
        text = b""
        for chunk in answer.iter_bytes(READ_BYTES):
            text += chunk
            if len(text) >= READ_BYTES or 200 <= answer.status_code < 300:
                break
        return Reply(answer.status_code, " ".join(scrubbed(text.decode("utf-8", "replace")).split())[:SHOWN])


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.TransportError):
        # "[Errno 111] Connection refused", "[SSL: CERTIFICATE_VERIFY_FAILED] ...": no address in it.
        return str(error) or type(error).__name__
    return type(error).__name__


class _Hushed(logging.Filter):
    """Keeps back what the HTTP library tells of our calls: it would log whole addresses."""

    def filter(self, record: logging.LogRecord) -> Any:
        return record.threadName != THREAD


_hushed = _Hushed()


def _hush() -> None:
    for name in ("httpx", *(name for name in logging.Logger.manager.loggerDict if name.startswith("httpcore."))):
        logging.getLogger(name).addFilter(_hushed)  # the same filter is added once
