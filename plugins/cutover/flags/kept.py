"""The store over one session that is kept: for whoever asks often while others wait."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg

from cutover.connections import ConnectionInfo
from cutover.flags.store import FlagStore


class KeptStore(FlagStore):
    """Opens its session with the first call, and anew where it was lost; for one thread."""

    def __init__(self, info: ConnectionInfo, run_id: str | None = None) -> None:
        super().__init__(info, run_id)
        self._db: psycopg.Connection[Any] | None = None

    def close(self) -> None:
        """Let go of the session."""
        if self._db is not None:
            self._db.close()
        self._db = None

    @contextlib.contextmanager
    def _session(self) -> Iterator[psycopg.Connection[Any]]:
        if self._db is None or self._db.closed:
            self._db = self._connect()
        try:
            yield self._db
        except psycopg.OperationalError:
            self.close()
            raise
