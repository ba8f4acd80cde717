"""Compare two tables of two databases, also of different major versions and collations."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from psycopg import sql

from cutover.postgres.rowdiff.again import look_again
from cutover.postgres.rowdiff.chunks import ChunkPlanner, KeyRange, estimated_rows
from cutover.postgres.rowdiff.errors import DiffImpossible
from cutover.postgres.rowdiff.hashing import HashedSide, hashes_alike
from cutover.postgres.rowdiff.keycheck import check_key
from cutover.postgres.rowdiff.keys import pairing_across
from cutover.postgres.rowdiff.look import Look
from cutover.postgres.rowdiff.merge import Row, suspects
from cutover.postgres.rowdiff.model import (
    ColumnDifference,
    ComparedColumn,
    Connect,
    Difference,
    Key,
    Kind,
    Progress,
    RowDiff,
    Settle,
    Side,
)
from cutover.postgres.rowdiff.pairs import Part
from cutover.postgres.rowdiff.session import Db, Session, across_two
from cutover.postgres.rowdiff.suspicion import Suspicion
from cutover.postgres.rowdiff.verdict import Tally
from cutover.postgres.rowdiff.workers import Workers

if TYPE_CHECKING:
    from cutover.context import CancelToken

FETCHED = 5_000


def diff_across(
    left_connect: Connect,
    right_connect: Connect,
    left: Side,
    right: Side,
    columns: Sequence[ComparedColumn],
    *,
    settle: Settle | None = None,
    snapshots: tuple[str, str] | tuple[None, None] = (None, None),
    chunk_rows: int = 50_000,
    workers: int = 2,
    limit: int = 100,
    patience: float = 60.0,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> RowDiff:
    """Compare ``left`` with ``right``, which follows it, row by row and name what differs.

    Both sides hash the same key ranges; where the hashes differ, row hashes are merged. ``columns`` of the verdict
    is empty where not all changed rows are listed, since only those are looked at column by column.

    :param columns: the left expression is evaluated on the left, the right one on the right; their text forms count.
    :param settle: waits until the right side has replayed all that the left one has by now; without it nobody
        must be writing, since every difference is then final at first sight.
    :param snapshots: ids of exported snapshots, one of each database, whose transactions stay open: all that is
        compared is what these two show.
    :raises DiffImpossible, KeyNotUnique, KeyHasNulls: the sides cannot be compared as asked.
    :raises Cancelled: an operator stopped the step.
    """
    started = time.monotonic()
    open_session = across_two(left_connect, right_connect, cancel, snapshots)
    with open_session() as session, session.snapshot():
        looker = _prepare(session, left, right, columns, Suspicion(final=settle is None, keep=limit))
        expected = estimated_rows(session.left, left)
    crew = Workers(open_session, looker, Tally(limit), workers, cancel, progress, expected)
    crew.work(ChunkPlanner(looker.left.pairing, chunk_rows))
    look_again(crew, settle, None, patience)
    return _with_columns(crew.tally.verdict(left.labels, time.monotonic() - started))


def _with_columns(diff: RowDiff) -> RowDiff:
    changed = [one for one in diff.differences if one.kind == "changed"]
    if len(changed) < diff.changed:
        return diff
    return replace(diff, columns=Counter(column.name for one in changed for column in one.columns))


def _prepare(
    session: Session, left: Side, right: Side, columns: Sequence[ComparedColumn], suspicion: Suspicion
) -> _Looker:
    if not hashes_alike(session.left, session.right):
        raise DiffImpossible(
            "the two servers hash texts differently: their encodings or processor architectures differ.",
            fix="compare databases of the same encoding on the same architecture.",
        )
    pair = pairing_across(session.left, session.right, left, right)
    check_key(session.left, left)
    check_key(session.right, right)
    # A new seed each time: two rows that happen to hash alike will not do so again.
    seed = random.SystemRandom().getrandbits(62)
    return _Looker(
        tuple(column.name for column in columns),
        HashedSide(pair, left, "l", tuple(column.left for column in columns), seed),
        HashedSide(pair, right, "r", tuple(column.right for column in columns), seed),
        suspicion,
    )


@dataclass(frozen=True, slots=True)
class _Looker:
    """Each database is asked for itself; what they say is compared here."""

    names: tuple[str, ...]
    left: HashedSide
    right: HashedSide
    suspicion: Suspicion

    def look(self, session: Session, part: Part) -> Look:
        look = Look(0, 0)
        if isinstance(part, KeyRange):
            one, other = self.left.digest(session.left, part), self.right.digest(session.right, part)
            look = Look(one[0], other[0])
            if one == other:
                return look
        with ExitStack() as closing:
            lefts = _stream(closing, session.left, self.left.hashes(part))
            rights = _stream(closing, session.right, self.right.hashes(part))
            self.suspicion.judge(look, part, suspects(lefts, rights))
        return look

    def differences(self, session: Session, examples: Sequence[tuple[Kind, Key]]) -> list[Difference]:
        changed = [key for kind, key in examples if kind == "changed"]
        ones = self.left.values(session.left, changed) if changed and self.names else {}
        others = self.right.values(session.right, changed) if changed and self.names else {}
        labels = self.left.side.labels
        return [
            Difference(kind, dict(zip(labels, key, strict=True)), self._columns(ones.get(key), others.get(key)))
            for kind, key in examples
        ]

    def _columns(
        self,
        one: tuple[list[str | None], list[str | None]] | None,
        other: tuple[list[str | None], list[str | None]] | None,
    ) -> tuple[ColumnDifference, ...]:
        if one is None or other is None:
            return ()
        marks = zip(self.names, one[0], other[0], one[1], other[1], strict=True)
        return tuple(ColumnDifference(name, a, b) for name, left, right, a, b in marks if left != right)


def _stream(closing: ExitStack, db: Db, query: sql.Composed) -> Iterator[Row]:
    """Yield (key, hash) through a server-side cursor, a few thousand at a time."""
    cursor = closing.enter_context(db.cursor(name="hashes"))
    cursor.itersize = FETCHED
    cursor.execute(query)
    for *key, value in cursor:
        yield tuple(key), value
