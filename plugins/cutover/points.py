"""Named points in critical sections where a crash test may strike; without a test they do nothing.

``CUTOVER_DIE_AT`` names the point at which the process dies, ``CUTOVER_STOP_AT`` the one at which it stands still.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

VARIABLE = "CUTOVER_DIE_AT"
STOP = "CUTOVER_STOP_AT"
_handlers: dict[str, Callable[[], None]] = {}


def reach(name: str) -> None:
    """Say that the process is at ``name``: a registered handler runs, or the process dies without a word."""
    handler = _handlers.get(name)
    if handler:
        handler()
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
    if os.environ.get(STOP) == name:
        del os.environ[STOP]  # once: what wakes up again goes on
        os.kill(os.getpid(), signal.SIGSTOP)


def on(name: str, handler: Callable[[], None] | None) -> None:
    """Register (or with None remove) a handler for tests in the same process."""
    if handler is None:
        _handlers.pop(name, None)
    else:
        _handlers[name] = handler
