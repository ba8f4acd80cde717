"""The live database after its migration in place: rows as they were or as the SQL said, nothing invalid, suites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from psycopg import sql

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.journal.check import Check
from cutover.postgres.blue_green import fence, state
from cutover.postgres.blue_green.ends import Ends
from cutover.spec.names import split_table
from cutover.validation import suites
from cutover.validation.suites import SuiteTable

NAMED = 5


def checks(ctx: RunContext, ends: Ends) -> list[Check]:
    """Judge the database."""
    with ends.open("blue", "verify", lock_timeout="30s") as db:
        side = state.find(db, ctx.run_id)
        assert side is not None, "it was just looked at"
        up = fence.is_up(db, ends.names)
        text = "every table refuses writes" if up else "the database can be written to although the doors are closed"
        found = [Check("FENCE_UP", "fence", up, "error", text)]
        found += _rows(ctx, db, side.detail["saved"]["tables"], side.detail["migrated"]["changed"])
        found += _invalid(db)
    return [*found, *_suites(ctx)]


def _rows(
    ctx: RunContext, db: Db, before: Mapping[str, int], changed: Mapping[str, Mapping[str, Any]]
) -> Iterator[Check]:
    """Count every table that was there before, and compare: with what it had, and what the migration did to it."""
    now = {label: oid for label, oid, *_ in db.execute(sqlfiles.text("stop_the_world/changed").encode())}
    for number, (label, rows) in enumerate(sorted(before.items()), 1):
        if label not in now:
            yield Check("TABLE_GONE", "table gone", True, "info", f"schema: up has removed it; it had {rows:,} rows",
                        {"before": rows}, label)  # fmt: skip
            continue
        ctx.cancel.check()
        yield _count(label, rows, count(db, label), changed.get(label, {}))
        ctx.journal.progress(ctx.run_id, "verify", "tables", number, len(before))
    for label in sorted(set(now) - set(before)):
        yield Check("TABLE_NEW", "new table", True, "info", f"{count(db, label):,} rows", object=label)


def count(db: Db, label: str) -> int:
    """Return the exact number of rows of a table; ``label`` is quoted as the server does it."""
    row = db.execute(sql.SQL("SELECT count(*) FROM ONLY {}").format(sql.SQL(label))).fetchone()  # type: ignore[arg-type]
    return int(row[0]) if row else 0


def _count(label: str, before: int, after: int, did: Mapping[str, Any]) -> Check:
    expected = before + int(did.get("inserted", 0)) - int(did.get("deleted", 0))
    figures = {"before": before, "after": after, "expected": expected}
    if after == before:
        return Check("ROW_COUNT", "row count", True, "error", f"{after:,} rows, as before", figures, label)
    said = f"{after:,} rows against {before:,} before"
    if after == expected:
        text = f"{said}, as schema: up did: {did['inserted']:,} inserted, {did['deleted']:,} deleted"
        return Check("ROW_COUNT", "row count", True, "error", text, figures, label)
    # A table that was emptied as a whole, or made anew, is not told by counting rows.
    anew = bool(did.get("new_file"))
    text = f"{said}, and schema: up accounts for {expected:,}" + (" (it has made the table anew)" if anew else "")
    return Check("ROW_COUNT", "row count", False, "warning" if anew else "error", text, figures, label)


def _invalid(db: Db) -> Iterator[Check]:
    for code, name, good in (
        ("INVALID_INDEXES", "indexes", "all can be used"),
        ("NOT_VALIDATED", "constraints", "all are validated"),
    ):
        found = [row[1] for row in db.execute(sqlfiles.text("stop_the_world/invalid").encode()) if row[0] == code]
        text = f"{len(found)} are not: {', '.join(found[:NAMED])}" if found else good
        severity = "error" if code == "INVALID_INDEXES" else "warning"
        yield Check(code, name, not found, severity, text, {"found": found[:100]})  # type: ignore[arg-type]


def _suites(ctx: RunContext) -> list[Check]:
    """Run the spec's suites on the tables that it names."""
    tables = [suite_table(table.name) for table in ctx.spec.tables]
    if not ctx.spec.validation.suites or not tables:
        return []
    ctx.log.info("suites: %s", ", ".join(ctx.spec.validation.suites))
    return suites.run(
        ctx.source_info,
        migration=ctx.spec.name,
        suites=ctx.spec.validation.suites,
        tables=tables,
        cancel=ctx.cancel,
    )


def suite_table(name: str) -> SuiteTable:
    """Return what suites see of a table that the spec names."""
    schema, table = split_table(name)
    return SuiteTable(label=f"{schema}.{table}", subject=(schema, table), live=(schema, table))
