"""Free ports below the range that the system hands out for outgoing connections."""

from __future__ import annotations

import random
import socket
from contextlib import closing

from localstack.errors import StackError

LOWEST, HIGHEST = 20_000, 32_767
LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Tell whether nobody listens on ``port`` of the loopback now. Whoever binds it can still be too late."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port(preferred: int | None = None) -> int:
    """Return ``preferred`` where it is free, else a random free port.

    Between this and the server's own bind another process can take it: callers retry with a new one.
    """
    if preferred and is_free(preferred):
        return preferred
    for _ in range(500):
        port = random.randint(LOWEST, HIGHEST)
        if is_free(port):
            return port
    raise StackError(f"no free port between {LOWEST} and {HIGHEST}.", fix="stop some of the servers on this machine.")
