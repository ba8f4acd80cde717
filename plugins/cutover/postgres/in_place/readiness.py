"""What could keep a change in place from coming to its end, found before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.dual_write import state
from cutover.postgres.dual_write.readiness import flag_findings, table_findings
from cutover.postgres.in_place import filling, renaming, trial
from cutover.postgres.online import catalog
from cutover.postgres.preflight.finding import Finding
from cutover.spec import expanding
from cutover.spec.models import TableSpec


def findings(ctx: RunContext) -> Iterator[Finding]:
    """Yield what the rules say; changes nothing, and locks no table against writers."""
    yield from flag_findings(ctx)
    with ctx.source("preflight", lock_timeout="1s", statement_timeout="120s", search_path="public") as db:
        wrong = list(table_findings(db, [(spec.schema_name, spec.table_name) for spec in ctx.spec.tables]))
        yield from wrong
        unfit = {finding.object for finding in wrong}
        begun = state.find(db, ctx.run_id) is not None
        for place, spec in enumerate(ctx.spec.tables, 1):
            if spec.qualified not in unfit and not begun:
                yield from _table(ctx, db, spec, place)


def _table(ctx: RunContext, db: Db, spec: TableSpec, place: int) -> Iterator[Finding]:
    if spec.rename:
        yield from _name(db, spec)
        return
    oid = catalog.oid(db, spec.schema_name, spec.table_name)
    yield from _taken(db, spec, oid)
    yield from _hanging(db, spec, oid)
    yield from _woken(db, spec, oid)
    try:
        yield from trial.findings(ctx, db, spec, place, oid)
    except psycopg.errors.QueryCanceled:
        ctx.cancel.check()
        message = "whether every row comes back could not be seen within two minutes; the step verify will."
        yield Finding("DUA027", "warning", spec.qualified, message)


def _name(db: Db, spec: TableSpec) -> Iterator[Finding]:
    """Make the view once, and undo it before anybody sees it."""
    if renaming.kind(db, renaming.new(spec)) is not None:
        error: CutoverError = renaming.taken(spec)
        yield Finding(error.code, "error", spec.qualified, error.what, error.fix)
        return
    try:
        with db.transaction(force_rollback=True):
            renaming.stand_in(db, spec)
    except psycopg.Error as failed:
        text = failed.diag.message_primary or str(failed).strip()
        message, fix = f"a view for its new name cannot be made: {text}.", "see whether the login may create there."
        yield Finding("DUA030", "error", spec.qualified, message, fix)
    yield Finding(
        "DUA039",
        "warning",
        spec.qualified,
        "TRUNCATE, COPY FROM and ALTER TABLE work under the name of the table only, not under the view's.",
        "let jobs that do so follow the flag too.",
    )


def _taken(db: Db, spec: TableSpec, oid: int) -> Iterator[Finding]:
    """What ``alter`` adds must not be there: a rollback would take it away."""
    steps = expanding.read(spec.alter_sql) if spec.alter_sql else expanding.Expansion()
    asked = {
        "table": oid,
        "schema": spec.schema_name,
        "columns": steps.columns,
        "relations": [each.name for each in steps.later if each.kind in ("index", "unique")],
        "constraints": [each.name for each in steps.later if each.kind in ("constraint", "unique")],
    }
    for what, name in db.execute(sqlfiles.text("in_place/taken").encode(), asked).fetchall():
        yield Finding(
            "DUA033",
            "error",
            spec.qualified,
            f"the {what} {name} is there already.",
            "choose another name in alter; or remove what has it, where an earlier try has left it.",
        )


def _hanging(db: Db, spec: TableSpec, oid: int) -> Iterator[Finding]:
    """Views, indexes, constraints and grants that hang on old columns."""
    asked = {"table": oid, "columns": list(spec.reverse)}
    for column, what, stops in db.execute(sqlfiles.text("in_place/hanging").encode(), asked).fetchall():
        later = "finalizing cannot drop it until that is changed" if stops else "finalizing drops that with it"
        yield Finding(
            "DUA035",
            "warning",
            spec.qualified,
            f"{what} hangs on the old column {column}: {later}.",
            "make it anew over the new columns while the window is open.",
        )


def _woken(db: Db, spec: TableSpec, oid: int) -> Iterator[Finding]:
    """Triggers that would take the backfill for somebody's write of every row."""
    names = [row[0] for row in db.execute(sqlfiles.text("in_place/triggers").encode(), {"table": oid}).fetchall()]
    if not names:
        return
    with db.transaction(force_rollback=True):
        if filling.quietly(db):
            return
    yield Finding(
        "DUA050",
        "warning",
        spec.qualified,
        f"the backfill writes every row, and these triggers will take that for somebody's write: {', '.join(names)}.",
        f'GRANT SET ON PARAMETER session_replication_role TO "{db.info.user}";  -- from PostgreSQL 15 on',
    )
