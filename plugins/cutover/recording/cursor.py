"""A cursor that notes what it runs; reading is left alone.

Server-side cursors (``connection.cursor(name=...)``) only read, and stay as they are.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import psycopg
from psycopg import sql
from psycopg.abc import Params, Query
from psycopg.copy import Copy, Writer
from psycopg.rows import Row, RowFactory

from cutover.connections import ConnectionInfo
from cutover.recording.entry import Calls
from cutover.recording.recorder import Recorder

COUNTED = ("INSERT", "UPDATE", "DELETE", "MERGE", "COPY")


def cursors(recorder: Recorder, info: ConnectionInfo) -> Callable[..., RecordingCursor[Any]]:
    """Return what makes the cursors of a connection to ``info``."""
    recorder.hide(info.password, info.extra.get("sslpassword"))
    return partial(RecordingCursor, recorder=recorder, place=info.conn_id)


class RecordingCursor(psycopg.Cursor[Row]):
    """Notes each call before it is sent and after it was answered, failed ones too."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        *,
        recorder: Recorder,
        place: str,
        row_factory: RowFactory[Row] | None = None,
    ) -> None:
        super().__init__(connection, row_factory=row_factory or connection.row_factory)
        self._recorder, self._place = recorder, place

    def execute(self, query: Any, params: Params | None = None, **options: Any) -> RecordingCursor[Row]:
        with self._noted(query):
            super().execute(query, params, **options)
        return self

    def executemany(self, query: Query, params_seq: Iterable[Params], *, returning: bool = False) -> None:
        with self._noted(query):
            super().executemany(query, params_seq, returning=returning)

    @contextlib.contextmanager
    def copy(self, statement: Query, params: Params | None = None, *, writer: Writer | None = None) -> Iterator[Copy]:
        with self._noted(statement), super().copy(statement, params, writer=writer) as copying:
            yield copying

    def _noted(self, query: Any) -> _Noted:
        raw = query.as_string(self) if isinstance(query, sql.Composable) else query
        calls = self._recorder.begin("sql", self._place, raw) if isinstance(raw, (str, bytes)) else None
        return _Noted(self, calls)

    def _count(self) -> int | None:
        counts = self.rowcount >= 0 and (self.statusmessage or "").startswith(COUNTED)
        return self.rowcount if counts else None


class _Noted:
    """Notes the end of what the block does; nothing where it is left out."""

    __slots__ = ("_began", "_calls", "_cursor")

    def __init__(self, cursor: RecordingCursor[Any], calls: Calls | None) -> None:
        self._cursor, self._calls = cursor, calls

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._calls is not None:
            seconds, failed = time.perf_counter() - self._began, kind is not None
            rows = None if failed else self._cursor._count()
            self._cursor._recorder.end(self._calls, seconds, failed=failed, rows=rows)
