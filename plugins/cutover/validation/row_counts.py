"""Do both sides have the same rows, counted by ``count(*)`` in one snapshot, while writes go on?"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from psycopg import sql

from cutover import sqlfiles
from cutover.journal.check import Check
from cutover.postgres.rowdiff.keys import Pairing, pairing
from cutover.postgres.rowdiff.model import Connect, Settle, Side
from cutover.postgres.rowdiff.pending import PendingLog, pending_log
from cutover.postgres.rowdiff.session import opened, snapshot

if TYPE_CHECKING:
    from cutover.context import CancelToken

PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of both sides in one snapshot.

    :ivar left_touched: of the keys in the log, how many are there on the left; ``right_touched`` likewise.
    :ivar truncated: a TRUNCATE waits in the log, so nothing can be told yet.
    """

    left: int
    right: int
    left_touched: int = 0
    right_touched: int = 0
    truncated: bool = False

    @property
    def missing(self) -> int:
        """Rows that the right side lacks (negative: has too many) and that no log entry explains.

        Left and right agree on every key without an entry. So ``left - left_touched`` and ``right - right_touched``
        count the same set of keys, whatever the writers do.
        """
        return (self.left - self.left_touched) - (self.right - self.right_touched)


def check(
    connect: Connect,
    left: Side,
    right: Side,
    *,
    label: str,
    pending: sql.Composable | None = None,
    settle: Settle | None = None,
    patience: float = 60.0,
    cancel: CancelToken | None = None,
) -> Check:
    """Count both sides exactly and compare.

    :param label: the table's name, as people know it.
    :param pending: the log of touched keys, as for :func:`cutover.postgres.rowdiff.diff_tables`.
    :param settle: drains the log; needed only to get a waiting TRUNCATE out of the way.
    :param patience: seconds to wait for that.
    """
    deadline = time.monotonic() + patience
    counts = count(connect, left, right, pending=pending, cancel=cancel)
    while counts.truncated and time.monotonic() < deadline:
        if settle:
            settle()
        elif cancel:
            cancel.wait(PAUSE)
        else:
            time.sleep(PAUSE)
        counts = count(connect, left, right, pending=pending, cancel=cancel)
    return Check(
        code="ROW_COUNT",
        name="row count",
        ok=not counts.truncated and counts.missing == 0,
        severity="error",
        summary=_summary(counts),
        figures={**asdict(counts), "missing": counts.missing},
        object=label,
    )


def count(
    connect: Connect,
    left: Side,
    right: Side,
    *,
    pending: sql.Composable | None = None,
    cancel: CancelToken | None = None,
) -> Counts:
    """Count both sides in one snapshot."""
    with opened(connect, cancel) as db, snapshot(db):
        pair = pairing(db, left, right)
        # The log's size is a guess when it is planned for: every side is scanned once, whatever the guess.
        db.execute("SET LOCAL enable_nestloop = off")
        row = db.execute(_query(pair, pending_log(db, pending, pair))).fetchone()
    assert row is not None, "a SELECT without FROM has one row"
    return Counts(*row)


def _query(pair: Pairing, log: PendingLog | None) -> sql.Composed:
    zero, no = sql.SQL("0"), sql.SQL("false")
    return sqlfiles.compose(
        "validation/row_counts",
        left=pair.left.relation,
        right=pair.right.relation,
        left_touched=_touched(pair, pair.left, log) if log else zero,
        right_touched=_touched(pair, pair.right, log) if log else zero,
        truncated=sql.SQL("EXISTS (SELECT FROM {} AS p WHERE p.op = 't')").format(log.relation) if log else no,
    )


def _touched(pair: Pairing, side: Side, log: PendingLog) -> sql.Composable:
    names = (sql.Identifier(f"k{n}") for n in range(1, len(pair.types) + 1))
    return sqlfiles.compose(
        "validation/touched",
        names=sql.SQL(", ").join(names),
        pending=log.relation,
        side=side.relation,
        match=log.match(pair.expressions(side, "s"), "p"),
    )


def _summary(counts: Counts) -> str:
    if counts.truncated:
        return "a TRUNCATE has not reached the other side yet, so the counts cannot be compared"
    flight = f" ({abs(counts.left - counts.right):,} more are on their way)" if counts.left != counts.right else ""
    if counts.missing == 0:
        return f"{counts.left:,} rows on both sides{flight}"
    wrong = f"{counts.missing:,} are lost" if counts.missing > 0 else f"{-counts.missing:,} are too many"
    return f"{counts.left:,} rows against {counts.right:,} on the other side: {wrong}"
