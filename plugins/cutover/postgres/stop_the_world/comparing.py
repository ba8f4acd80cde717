"""Another database against the source that filled it: schema, every row, sequences, suites. Nobody writes to either."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from psycopg import IsolationLevel

from cutover.context import Db, RunContext
from cutover.journal.check import Check
from cutover.postgres.blue_green import compare, fence, schema_diff, sequences, state, suites_across
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.sight import Sight
from cutover.postgres.blue_green.tables import TableMap
from cutover.postgres.rowdiff import RowDiff
from cutover.validation import baseline


def checks(ctx: RunContext, ends: Ends, diffs: dict[str, RowDiff]) -> list[Check]:
    """Judge green.

    :param diffs: takes the row diff of each table, for the report.
    """
    with ends.open("green", "verify") as green:
        side = state.find(green, ctx.run_id)
    tables = side.tables if side else []
    found = [*_fences(ends), *_schemas(ctx, ends)]
    with _frozen(ends) as sight:
        found += _rows(sight, tables, diffs)
        found += suites_across.run(sight, tables)
    return [*found, _sequences(ends), *_baseline(ctx, tables)]


@contextmanager
def _frozen(ends: Ends) -> Iterator[Sight]:
    """Yield both sides in one snapshot each: what direct sessions may still do there is not seen."""
    with ExitStack() as closing:
        snapshots = {}
        for side in ("blue", "green"):
            db = closing.enter_context(ends.open(side, "verify", idle_in_transaction_session_timeout="0"))  # type: ignore[arg-type]
            db.autocommit = False
            db.isolation_level, db.read_only = IsolationLevel.REPEATABLE_READ, True
            snapshots[side] = _export(db)
        yield Sight(ends.ctx, ends, "blue", snapshots)  # type: ignore[arg-type]


def _export(db: Db) -> str:
    row = db.execute("SELECT pg_export_snapshot()").fetchone()
    assert row is not None, "a SELECT without FROM has one row"
    return str(row[0])


def _fences(ends: Ends) -> Iterator[Check]:
    """What is compared must not move, and what is not live must not be written to."""
    for side in ("blue", "green"):
        with ends.open(side, "verify") as db:  # type: ignore[arg-type]
            up = fence.is_up(db, ends.names)
        text = f"{side} refuses every write" if up else f"{side} can be written to although the doors are closed"
        yield Check("FENCE_UP", f"fence of {side}", up, "error", text)


def _schemas(ctx: RunContext, ends: Ends) -> list[Check]:
    ctx.log.info("comparing schemas")
    design = replace(ctx.target_info, dbname=ends.names.design)
    with ends.open("blue", "verify") as blue, ends.open("green", "verify") as green:
        with ctx.open(design, "verify") as designed:
            found = [schema_diff.check(green, designed)]
        return [*found, schema_diff.check_unchanged(ctx, blue, "blue"), schema_diff.check_matviews(blue, green)]


def _rows(sight: Sight, tables: list[TableMap], diffs: dict[str, RowDiff]) -> list[Check]:
    found = [said for table in tables if (said := compare.not_compared(table))]
    rows = sight.ctx.spec.validation.row_diff == "full"
    for of in compare.gather(sight, [table for table in tables if table.followed and table.on_green]):
        sight.ctx.log.info("%s: comparing both sides", of.table.label)
        one = compare.compare(sight, of, rows=rows)
        found += one.checks
        if one.diff:
            diffs[of.table.label] = one.diff
    return found


def _sequences(ends: Ends) -> Check:
    with ends.open("blue", "verify") as blue, ends.open("green", "verify") as green:
        found = sequences.pair(sequences.gather(blue), sequences.gather(green))
        here = sequences.read(blue, [one for one, _ in found.pairs])
        there = sequences.read(green, [other for _, other in found.pairs])
    wrong = [
        f"{'.'.join(other.name)} says {there[n][0]}, blue {here[n][0]}"
        for n, (_, other) in enumerate(found.pairs)
        if here[n] != there[n]
    ]
    text = "; ".join(wrong[:5]) if wrong else f"all {len(here)} go on where blue's stopped"
    # They are carried once more when the doors open: one that somebody has advanced since is worth a word.
    return Check("SEQUENCES", "sequences", not wrong, "warning", text, {"sequences": len(here), "differ": len(wrong)})


def _baseline(ctx: RunContext, tables: list[TableMap]) -> list[Check]:
    if not ctx.spec.baseline_sql:
        return []
    ctx.log.info("baseline: timing the queries of %s on both sides", ctx.spec.validation.baseline_queries)
    path = tuple(dict.fromkeys(["public", *(table.schema for table in tables)]))
    return baseline.run(
        baseline.BaselineSide("blue", ctx.source_info, path),
        baseline.BaselineSide("green", ctx.target_info, path),
        ctx.spec.baseline_sql,
        tolerance=ctx.spec.validation.tolerance,
        cancel=ctx.cancel,
    )
