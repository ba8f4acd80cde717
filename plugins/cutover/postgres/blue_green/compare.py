"""Compare both sides table by table: while writes go on, or in two snapshots of the same moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cutover.context import Db, RunContext
from cutover.journal.check import Check
from cutover.postgres.blue_green import fill, keyless, moment, subject
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.blue_green.sight import Sight
from cutover.postgres.blue_green.subject import Subject
from cutover.postgres.blue_green.tables import TableMap
from cutover.postgres.online.meter import Meter
from cutover.postgres.rowdiff import RowDiff, diff_across
from cutover.validation import row_diff

# How often a table without key is looked at again when it cannot be seen at one moment.
LOOKS = 5


@dataclass(frozen=True, slots=True)
class Compared:
    """The verdicts on one table, and its row diff where there is one."""

    checks: list[Check]
    diff: RowDiff | None = None

    @property
    def differing(self) -> int:
        """Rows that differ or could not be decided; 1 at least where the table as a whole differs."""
        if self.diff:
            return self.diff.total + self.diff.undecided
        return sum(1 for check in self.checks if check.blocks)


def gather(sight: Sight, tables: Sequence[TableMap]) -> list[Subject]:
    """Describe all tables, by what both sides have just now."""
    with sight.ends.open("blue", "compare") as blue, sight.ends.open("green", "compare") as green:
        known = subject.catalog(blue, green, tables)
    return [subject.subject(table, known, origin=sight.origin) for table in tables]


def exact(ctx: RunContext, blue: Db, green: Db, tables: Sequence[TableMap], *, origin: SideName) -> list[Compared]:
    """Compare all followed tables as two sessions see them, each in a REPEATABLE READ transaction of its own.

    Both must have been taken while nobody could write and everything had arrived; then what they show is equal, row by
    row, however much is written meanwhile.

    :param origin: the side that was live until then. The sessions' transactions have to stay open.
    """
    snapshots: dict[SideName, str] = {}
    for side, db in (("blue", blue), ("green", green)):
        row = db.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
        assert row is not None, "a SELECT without FROM has one row"
        snapshots[side] = row[0]  # type: ignore[index]
    sight = Sight(ctx, Ends.of(ctx), origin, snapshots)
    wanted = [table for table in tables if table.followed and table.on_green]
    rows = ctx.spec.validation.row_diff == "full"
    return [compare(sight, of, rows=rows) for of in gather(sight, wanted)]


def compare(sight: Sight, of: Subject, *, rows: bool = True) -> Compared:
    """Compare one table.

    The row count under live writes is that of the row diff: every key is on both sides or on neither, each looked at in
    snapshots of its own, and again where it was on its way. There is no instant at which two plain counts would
    have to be equal. With ``rows`` off, only the keys are compared.
    """
    table = of.table
    if of.lacking:
        text = f"{' and '.join(of.lacking)} has no such table"
        return Compared([Check("ROW_COUNT", "row count", False, "error", text, object=table.label)])
    if not of.keyed:
        return Compared([_whole(sight, of)])
    found = _diff(sight, of if rows else replace(of, columns=()))
    checks = [count(found, table.label, frozen=bool(sight.snapshots))]
    if rows:
        checks.append(row_diff.check(found, label=table.label))
    if rows and of.back:
        checks.append(_way_back(sight, of))
    return Compared(checks, found if rows else None)


def not_compared(table: TableMap) -> Check | None:
    """Return what is to be said of a table that does not travel; nothing of one that holds no rows itself."""
    if table.followed and table.on_green:
        return None
    if not table.on_green:
        text = "green does not have it, as the migration wants"
    elif table.kind == "p":
        return None
    else:
        text = "not followed: what was written to it since the copy is not on green"
    return Check("NOT_FOLLOWED", "not followed", not table.on_green, "info", text, object=table.label)


def count(diff: RowDiff, label: str, *, frozen: bool) -> Check:
    """Judge whether both sides have the same keys, so as many rows."""
    figures = {
        "left": diff.rows_left,
        "right": diff.rows_right,
        "missing": diff.missing_right,
        "too_many": diff.missing_left,
        "undecided": diff.undecided,
    }
    wrong = {"missing on green": diff.missing_right, "only on green": diff.missing_left, "undecided": diff.undecided}
    parts = [f"{number:,} {what}" for what, number in wrong.items() if number]
    way = "" if frozen or diff.rows_left == diff.rows_right else f" ({diff.rows_right:,} a moment later)"
    text = f"{diff.rows_left:,} rows on both sides{way}"
    if parts:
        text = f"{diff.rows_left:,} rows on blue against {diff.rows_right:,} on green: {', '.join(parts)}"
    return Check("ROW_COUNT", "row count", not parts, "error", text, figures, label)


def _way_back(sight: Sight, of: Subject) -> Check:
    """See whether the way back gives blue's own values: where it does not, a row that is written on green loses them.

    That was decided by whoever wrote the expression, so it is a warning.
    """
    found = _diff(sight, replace(of, columns=of.back))
    names = ", ".join(column.name for column in of.back)
    text = f"the way back computes {names} as blue has it, for every row"
    if found.changed:
        text = f"{found.changed:,} rows would get another value in {names} on blue once they are written on green"
    figures = {"changed": found.changed, "rows": found.rows_left, "columns": dict(found.columns)}
    return Check("WAY_BACK_VALUES", "way back", not found.changed, "warning", text, figures, of.table.label)


def _whole(sight: Sight, of: Subject) -> Check:
    path = fill.path(of.table)
    if sight.snapshots:
        return keyless.check(of, *keyless.digests(sight, of, path), exact=True)
    for look in range(1, LOOKS + 1):
        with moment.common(sight, [of.table.identifier]) as now:
            found = keyless.check(of, *keyless.digests(now.sight, of, path), exact=now.exact, why=now.why)
        if found.ok or now.exact or look == LOOKS:
            break
    return found


def _diff(sight: Sight, of: Subject) -> RowDiff:
    ctx, path = sight.ctx, fill.path(of.table)
    meter = Meter(ctx, "row diff", of.table.label, of.left.expected_rows or 0)
    found = diff_across(
        sight.connect("blue", path),
        sight.connect("green", path),
        of.left,
        of.right,
        of.columns,
        settle=None if sight.snapshots else sight.settle,
        snapshots=sight.shared,
        workers=ctx.spec.backfill.workers,
        progress=meter.at,
        cancel=ctx.cancel,
    )
    meter.finish(found.rows_left)
    return found
