"""Ctrl-C: heeded also where it comes in a moment in which some library lets it fall."""

from __future__ import annotations

import signal
import threading
from typing import NoReturn

_asked = threading.Event()


def install() -> None:
    """Remember a Ctrl-C besides raising it."""
    _asked.clear()
    signal.signal(signal.SIGINT, _interrupt)


def check() -> None:
    """:raises KeyboardInterrupt: there was one."""
    if _asked.is_set():
        raise KeyboardInterrupt


def _interrupt(*_: object) -> NoReturn:
    _asked.set()
    raise KeyboardInterrupt
