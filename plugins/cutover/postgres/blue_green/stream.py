"""One COPY out of blue poured into one COPY into green, without looking at the rows.

The server sends a message a row. Handing each of them on by itself would cost more than everything else, so they are
gathered, a few at a time: what still lies in the processor's cache is put together for half the price. Memory stays at
a few of these gatherings, or a few rows where a single row is larger.
"""

from __future__ import annotations

import select
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psycopg import errors, pq, sql

from cutover.context import Db
from cutover.errors import CutoverError

GATHER = 16 * 1024
TELL = 512 * 1024
READ_AHEAD = 256 * 1024
WAIT_MS = 200


class RowsLost(CutoverError):
    """Green took another number of rows than blue sent."""

    code = "BGR051"


@dataclass(frozen=True, slots=True)
class Moved:
    """``rows`` as both servers count them, ``bytes`` of COPY data."""

    rows: int
    bytes: int


def widen(blue: Db) -> None:
    """Have the session read more from the socket at a time: its buffer grows with the longest row and never shrinks."""
    blue.execute("SELECT repeat('x', %s)", (READ_AHEAD,))


def pour(
    blue: Db, green: Db, out: sql.Composed, into: sql.Composed, tell: Callable[[int], None], hold: Callable[[], None]
) -> Moved:
    """Run both statements against each other.

    :param tell: called with about how many rows have gone over since it was called last, not for the last of them.
    :param hold: called often; may wait (paused), or raise (stopped).
    :raises RowsLost: the two servers count differently.
    """
    with green.cursor() as target:
        with target.copy(into) as writing, blue.cursor() as source, source.copy(out):
            size, sent = _pour(blue, writing.write, tell, hold)
        taken = target.rowcount
    if taken != sent:
        raise RowsLost(f"blue sent {sent} rows and green took {taken}.", fix="run the step again.")
    return Moved(sent, size)


def _pour(
    blue: Db, write: Callable[[Any], None], tell: Callable[[int], None], hold: Callable[[], None]
) -> tuple[int, int]:
    """Returns bytes and rows."""
    connection = blue.pgconn
    readable = select.poll()
    readable.register(connection.socket, select.POLLIN)
    read = connection.get_copy_data
    gathered: list[memoryview] = []
    size = total = told = rows = 0
    while True:
        count, data = read(1)
        if count > 0:
            gathered.append(data)
            size += count
            if size < GATHER:
                continue
            write(b"".join(gathered) if len(gathered) > 1 else data)
            total, rows, size = total + size, rows + len(gathered), 0
            gathered.clear()
            if total - told >= TELL:
                tell(rows)
                told, rows = total, 0
                hold()
        elif count == 0:
            if not readable.poll(WAIT_MS):
                hold()
            connection.consume_input()
        else:
            break
    if gathered:
        write(b"".join(gathered))
    return total + size, _result(blue)


def _result(blue: Db) -> int:
    """Take the end of the COPY from the connection; returns the number of rows.

    :raises psycopg.Error: it ended with an error.
    """
    rows = 0
    while (result := blue.pgconn.get_result()) is not None:
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise errors.error_from_result(result, encoding=blue.info.encoding)
        rows = result.command_tuples or 0
    return rows
