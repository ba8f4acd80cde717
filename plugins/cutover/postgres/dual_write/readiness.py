"""What could keep a run of double writing from coming to its end, found before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psycopg
from psycopg import sql

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.flags import FlagUnknown, Mode
from cutover.postgres.dual_write import flagging, lookups, making, tracing
from cutover.postgres.dual_write.names import Names
from cutover.postgres.dual_write.shape import Shape
from cutover.postgres.dual_write.shapes import shapes_of
from cutover.postgres.preflight.finding import Finding
from cutover.spec.names import split_table

# A number that no run has: what is tried out is undone before anybody sees it.
TRIAL = 0
# Rows of a table that nobody wants to read through for one row.
MANY = 1000


def findings(ctx: RunContext) -> Iterator[Finding]:
    """Yield what the rules say; changes nothing."""
    yield from flag_findings(ctx)
    with ctx.source("preflight", lock_timeout="1s", statement_timeout="120s") as db:
        yield from table_findings(db, sorted({origin for shape in ctx.spec.shapes for origin in shape.origins}))
        yield from _trial(ctx, db)


def flag_findings(ctx: RunContext) -> Iterator[Finding]:
    """Yield what the flag and the instances that follow it say."""
    store = flagging.store(ctx)
    try:
        flag = store.get(ctx.spec.name)
        alive = [one for one in store.instances(ctx.spec.name) if one.alive]
    except FlagUnknown:
        flag, alive = None, []
    except CutoverError as error:
        yield Finding(error.code, "error", "flags", error.what, error.fix)
        return
    if flag is not None and flag.mode is not Mode.OLD_ONLY:
        yield Finding(
            "DUA020",
            "error",
            "flags",
            f"the flag is {flag.mode} already, set by {flag.changed_by or 'somebody'}.",
            f"roll the run back that did it, or: python -m cutover flags set {ctx.spec.name} old_only",
        )
    wanted = ctx.spec.flags.instances
    if len(alive) < wanted:
        yield Finding(
            "DUA011",
            "error",
            "flags",
            f"{len(alive)} instances of the application follow the flag, not {wanted}.",
            "start them with the flag's client (docs/flags.md), or correct `flags: {instances: ...}`.",
        )
    elif not alive:
        yield Finding(
            "DUA021",
            "warning",
            "flags",
            "no instance of the application follows the flag: nobody is waited for, and nobody will read the new side.",
            "start the application with the flag's client (docs/flags.md) before the reads change sides.",
        )


def table_findings(db: Db, names: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    """Triggers see the rows of ordinary tables; and those have to belong to whoever makes them."""
    query = sqlfiles.text("dual_write/origins").encode()
    for schema, name in names:
        row = db.execute(query, {"schema": schema, "name": name}).fetchone()
        label = f"{schema}.{name}"
        if row is None:
            yield Finding("DUA022", "error", label, "there is no such table.", "correct its name under `from`.")
        elif not row[0]:
            yield Finding(
                "DUA023",
                "error",
                label,
                f"it is {row[1]}: what is written to it cannot be seen by triggers on it alone.",
                "tell the shape over ordinary tables.",
            )
        elif not row[2]:
            yield Finding(
                "DUA024",
                "error",
                label,
                f"it belongs to {row[3]}, so {row[4]} cannot put triggers on it.",
                f'GRANT "{row[3]}" TO "{row[4]}";',
            )


def _trial(ctx: RunContext, db: Db) -> Iterator[Finding]:
    """Make the new tables and everything that derives them, look, and undo it."""
    found: list[Finding] = []
    try:
        with db.transaction(force_rollback=True):
            db.execute("SET LOCAL search_path = public, pg_temp")
            db.execute((ctx.spec.up_sql or "").encode())
            forward, back = shapes_of(db, ctx.spec.shapes), shapes_of(db, ctx.spec.back)
            for direction, shapes in (("forward", forward), ("back", back)):
                making.make(db, Names(TRIAL, direction), shapes, at_once=True)  # type: ignore[arg-type]
            found += [each for shape in forward for each in _rights(db, shape)]
            found += [each for shape in [*forward, *back] for each in _slow(db, shape)]
            found += _lost(ctx, db, forward)
    except CutoverError as error:
        found.append(Finding(error.code, "error", ctx.spec.name, error.what, error.fix))
    except psycopg.errors.QueryCanceled:
        ctx.cancel.check()
        found.append(
            Finding(
                "DUA027",
                "warning",
                ctx.spec.name,
                "whether every old row has its place could not be seen within two minutes; the step verify will.",
            )
        )
    except psycopg.Error as error:
        text = error.diag.message_primary or str(error).strip().splitlines()[0]
        found.append(
            Finding("DUA025", "error", ctx.spec.name, f"a trial fails: {text}", "correct schema.up or the shapes.")
        )
    yield from found


def _rights(db: Db, shape: Shape) -> Iterator[Finding]:
    """Whoever works with the old tables has to be able to work with the new ones, from one moment to the next."""
    old = [sql.Identifier(*origin).as_string(db) for origin in shape.origins]
    asked = {"old": old, "new": shape.table.as_string(db)}
    for grantee, rights in db.execute(sqlfiles.text("dual_write/lacking").encode(), asked).fetchall():
        yield Finding(
            "DUA028",
            "warning",
            shape.label,
            f"{grantee} has {rights} on tables that it is made from, and not on it.",
            f"GRANT {rights} ON {asked['new']} TO {grantee};",
        )


def _slow(db: Db, shape: Shape) -> Iterator[Finding]:
    for table in lookups.read_through(db, shape):
        row = db.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)", (table,)).fetchone()
        rows = int(row[0]) if row else 0
        if rows < 0 or rows >= MANY:  # never analyzed: it was made a moment ago, or nobody knows
            yield Finding(
                "DUA029",
                "warning",
                shape.label,
                f"no index leads to a row of it: {table} is read through at every write.",
                "create an index on what the query compares with the key, as an expression if it is one.",
            )


def _lost(ctx: RunContext, db: Db, shapes: list[Shape]) -> list[Finding]:
    left_out = {split_table(name) for name in ctx.spec.left_out}
    return [
        Finding(
            "DUA026",
            "error",
            each.table,
            f"{each.rows} rows have no place on the new side, the first: {'; '.join(each.shown[:3])}.",
            "correct `rows` or `from` of the shapes, or name the table under `left_out`, with the reason.",
        )
        for each in tracing.untraced(db, shapes, left_out)
    ]
