"""A database against the snapshot that it was made from: rows, schema, sequences, large objects."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.context import Db
from cutover.postgres import schema_facts
from cutover.postgres.backup import pairing
from cutover.postgres.backup.pairing import STEP, Seen, columns_of, exported
from cutover.postgres.backup.snapshot import Held, sequences
from cutover.postgres.rowdiff import RowDiff
from cutover.postgres.rowdiff.session import snapshot
from cutover.postgres.task import Task


@dataclass(frozen=True, slots=True)
class Compared:
    """One table as it is compared: by its primary key, or as a multiset of rows where it has none."""

    schema: str
    name: str
    columns: Sequence[str]
    key: Sequence[str]

    @property
    def label(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def relation(self) -> sql.Composed:
        return columns_of(self.schema, self.name, self.columns)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What differs, in words; ``rows``: on the left, ``differing`` counts rows (a table as a whole: 1)."""

    tables: int
    rows: int
    differing: int
    differences: Sequence[str]


def compare(ctx: Task, held: Held, right: ConnectionInfo, *, workers: int) -> Verdict:
    """Compare every row of the snapshot with the database ``right``, in which nobody writes."""
    with ctx.open(held.info, STEP, idle_in_transaction_session_timeout="0") as left, snapshot(left, shared=held.id):
        found = _described(left, [table.oid for table in held.tables])
    estimates = {table.label: table.rows for table in held.tables}
    rows, differing, differences = 0, 0, []
    for table in found:
        ctx.cancel.check()
        if table.key:
            with exported(ctx, right) as (_, other):
                diff = pairing.diff(
                    ctx,
                    Seen(held.info, held.id),
                    other,
                    table.relation,
                    key=table.key,
                    columns=table.columns,
                    label=table.label,
                    rows=estimates.get(table.label, 0),
                    workers=workers,
                )
            rows += diff.rows_left
            wrong, text = diff.total, _words(diff)
        else:
            ones, others = _digests(ctx, held, right, table)
            rows += ones[0]
            wrong = int(ones != others)
            text = f"{ones[0]:,} rows against {others[0]:,}, or not the same ones"
        if wrong:
            differing += wrong
            differences.append(f"{table.label}: {text}")
    return Verdict(len(found), rows, differing, differences)


def beside_rows(ctx: Task, held: Held, right: ConnectionInfo, *, schema_only: bool = False) -> list[str]:
    """Compare what no table holds; returns differences in words.

    Sequences go on whatever snapshot one has: each must be somewhere between where it was and where it is.
    """
    with ctx.open(right, STEP) as there, ctx.open(held.info, STEP, idle_in_transaction_session_timeout="0") as here:
        with snapshot(here, shared=held.id), snapshot(there):
            wanted, got = schema_facts.gather(here), schema_facts.gather(there)
            objects = [db.execute(sqlfiles.text("backup/large_objects")).fetchone() for db in (here, there)]  # type: ignore[arg-type]
        after, found = sequences(here), sequences(there)
    differences = schema_facts.differences(
        wanted, got, words=("is not restored", "is in the restored database only"), alike=schema_facts.alike
    )
    if schema_only:
        return differences
    if objects[0] != objects[1]:
        differences.append(f"large objects (number, bytes, sum): {objects[0]} against {objects[1]}")
    return differences + [
        f"sequence {name} is at {found.get(name)}, and was between {low} and {after.get(name)}"
        for name, low in held.sequences.items()
        if name in after and not _between(low, found.get(name), after[name])
    ]


def _between(one: int | None, found: int | None, other: int | None) -> bool:
    """Whichever way it goes; one that has not begun, or must not be seen, is before everything."""
    if one is None or found is None or other is None:
        return one is None or found == one
    return min(one, other) <= found <= max(one, other)


def _words(diff: RowDiff) -> str:
    counts = {"changed": diff.changed, "missing": diff.missing_right, "too many": diff.missing_left}
    first = next((dict(one.key) for one in diff.differences), None)
    parts = ", ".join(f"{number:,} {what}" for what, number in counts.items() if number)
    return f"{parts} of {diff.rows_left:,} rows" + (f", the first one {first}" if first else "")


def _described(db: Db, oids: Sequence[int]) -> list[Compared]:
    with db.cursor(row_factory=class_row(Compared)) as cursor:
        return cursor.execute(sqlfiles.text("backup/compared"), {"oids": list(oids)}).fetchall()  # type: ignore[arg-type]


def _digests(
    ctx: Task, held: Held, right: ConnectionInfo, table: Compared
) -> tuple[tuple[int, str, int], tuple[int, str, int]]:
    seed = random.SystemRandom().getrandbits(62)
    found = []
    for info, shared in ((held.info, held.id), (right, None)):
        with ctx.open(info, STEP) as db, snapshot(db, shared=shared):
            found.append(pairing.digest(db, table.relation, table.columns, seed))
    return found[0], found[1]
