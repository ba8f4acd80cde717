"""Named points in critical sections where a crash test may strike; without a test they do nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

VARIABLE = "CUTOVER_DIE_AT"
_handlers: dict[str, Callable[[], None]] = {}


def reach(name: str) -> None:
    """Say that the process is at ``name``: a registered handler runs, or the process dies without a word."""
    handler = _handlers.get(name)
    if handler:
        handler()
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)


def on(name: str, handler: Callable[[], None] | None) -> None:
    """Register (or with None remove) a handler for tests in the same process."""
    if handler is None:
        _handlers.pop(name, None)
    else:
        _handlers[name] = handler
