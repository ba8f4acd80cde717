"""Compare two tables of one database, exactly, while both are written."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

from cutover.postgres.rowdiff.again import look_again
from cutover.postgres.rowdiff.chunks import ChunkPlanner, estimated_rows
from cutover.postgres.rowdiff.compare import Comparison
from cutover.postgres.rowdiff.details import differences
from cutover.postgres.rowdiff.keycheck import check_key
from cutover.postgres.rowdiff.keys import pairing
from cutover.postgres.rowdiff.look import Look
from cutover.postgres.rowdiff.model import (
    ComparedColumn,
    Connect,
    Difference,
    Drain,
    Key,
    Kind,
    Progress,
    RowDiff,
    Settle,
    Side,
)
from cutover.postgres.rowdiff.pairs import Part
from cutover.postgres.rowdiff.pending import pending_log
from cutover.postgres.rowdiff.predicates import typed_columns
from cutover.postgres.rowdiff.session import Db, Session, opened, snapshot, within_one
from cutover.postgres.rowdiff.verdict import KEYS_PER_LOOK, Tally
from cutover.postgres.rowdiff.workers import Workers

if TYPE_CHECKING:
    from cutover.context import CancelToken


def diff_tables(
    connect: Connect,
    left: Side,
    right: Side,
    columns: Sequence[ComparedColumn],
    *,
    pending: sql.Composable | None = None,
    settle: Settle | None = None,
    drain: Drain | None = None,
    chunk_rows: int = 50_000,
    workers: int = 2,
    limit: int = 100,
    patience: float = 60.0,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> RowDiff:
    """Compare ``left`` with ``right`` row by row and name what differs.

    Each key range is compared in one REPEATABLE READ snapshot. A key that differs while the log of touched keys has
    an entry for it *in the same snapshot* is in flight: it is looked at again after ``settle``. A key that
    differs without an entry is a difference for good, because nothing would ever mend it.

    :param connect: opens a connection of its own for each worker; used as a context manager.
    :param columns: what to compare; the key columns are compared in any case.
    :param pending: relation of touched keys (``k1`` ... ``kn`` in key order, ``op``; ``'t'``: everything is pending).
    :param settle: makes the other side catch up with the log; without it the diff just waits for somebody else to.
    :param drain: applies every log entry that the given connection's transaction sees, within that transaction
        (REPEATABLE READ, opened and committed by the diff). For keys that are written without a pause:
        right after the drain its own snapshot has no entry left, so that nothing in it is in flight.
    :param chunk_rows: upper limit of rows per snapshot; shrinks by itself where rows are slow to read.
    :param limit: how many differing rows are listed with their values; totals are exact whatever it is.
    :param patience: seconds after which keys that are in flight at every look are given up as undecided.
    :param progress: called with rows done and rows expected (an estimate), from worker threads, one at a time.
    :raises DiffImpossible, KeyNotUnique, KeyHasNulls: the sides cannot be compared as asked.
    :raises Cancelled: an operator stopped the step.
    """
    started = time.monotonic()
    with opened(connect, cancel) as db, snapshot(db):
        comparison = _prepare(db, left, right, columns, pending, limit)
        expected = estimated_rows(db, left)
    open_session = within_one(connect, cancel)
    crew = Workers(open_session, _Looker(comparison), Tally(limit), workers, cancel, progress, expected)
    crew.work(ChunkPlanner(comparison.pairing, chunk_rows))
    look_again(crew, settle, drain, patience)
    return crew.tally.verdict(left.labels, time.monotonic() - started)


@dataclass(frozen=True, slots=True)
class _Looker:
    """Both sides are in one database, so one statement sees both."""

    comparison: Comparison

    def look(self, session: Session, part: Part) -> Look:
        return self.comparison.look(session.left, part)

    def differences(self, session: Session, examples: Sequence[tuple[Kind, Key]]) -> list[Difference]:
        return differences(session.left, self.comparison, examples)


def _prepare(
    db: Db, left: Side, right: Side, columns: Sequence[ComparedColumn], pending: sql.Composable | None, limit: int
) -> Comparison:
    pair = pairing(db, left, right)
    for side in (left, right):
        check_key(db, side)
    typed = typed_columns(db, left, right, [*pair.key_columns(columns), *columns])
    return Comparison(pair, tuple(typed), pending_log(db, pending, pair), keep=limit, most=KEYS_PER_LOOK)
