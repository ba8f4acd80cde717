"""Try a table's change on an empty copy, and its expressions on every row, before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import sql

from cutover.context import Db, RunContext
from cutover.postgres.in_place import following, tables
from cutover.postgres.in_place.expanding import path
from cutover.postgres.in_place.tables import Table
from cutover.postgres.preflight.finding import Finding
from cutover.spec import expanding
from cutover.spec.expanding import columns_of, functions_of
from cutover.spec.models import TableSpec

# A number that no run has: what is tried is undone before anybody sees it.
TRIAL = 0
SHOWN = 3
SAMPLE = 20
FILENODE = "SELECT pg_relation_filenode(to_regclass(%s))"
VOLATILE = "SELECT FROM pg_proc WHERE proname = ANY (%s) AND provolatile = 'v' LIMIT 1"


def findings(ctx: RunContext, db: Db, spec: TableSpec, place: int, oid: int) -> Iterator[Finding]:
    """Yield what a trial finds; all of it is undone."""
    found: list[Finding] = []
    try:
        with db.transaction(force_rollback=True):
            copy = _copy(db, spec)
            found += _altered(db, spec, copy)
            row = db.execute("SELECT to_regclass(%s)::oid", (copy.as_string(None),)).fetchone()
            assert row is not None
            # The key is the table's own; columns are those of the copy, which has the new ones.
            table = tables.table_of(db, spec, place, oid, copied=row[0])
            found += _unfit(db, table)
            if not found:
                _functions(ctx, db, table, copy)
                found += _rows(db, table)
    except psycopg.errors.QueryCanceled:
        raise
    except psycopg.Error as error:
        text = (error.diag.message_primary or str(error).strip()).rstrip(".")
        fix = "correct alter, columns or reverse of the table."
        found.append(Finding("DUA030", "error", spec.qualified, f"a trial fails: {text}.", fix))
    yield from found


def _copy(db: Db, spec: TableSpec) -> sql.Identifier:
    copy = sql.Identifier("pg_temp", spec.table_name)
    table = sql.Identifier(spec.schema_name, spec.table_name)
    db.execute(sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {} INCLUDING ALL)").format(copy, table))
    return copy


def _altered(db: Db, spec: TableSpec, copy: sql.Identifier) -> Iterator[Finding]:
    """Run ``alter`` on the copy; a statement that writes the empty table anew would write the full one anew."""
    db.execute(path(spec, "pg_temp"))
    for statement in expanding.read(spec.alter_sql).trial if spec.alter_sql else []:
        before = db.execute(FILENODE, (copy.as_string(None),)).fetchone()
        db.execute(statement.encode())
        if db.execute(FILENODE, (copy.as_string(None),)).fetchone() != before:
            yield Finding(
                "DUA036",
                "error",
                spec.qualified,
                f"{statement!r} writes every row anew, while nobody may read the table.",
                "leave the volatile DEFAULT out; give the values by an expression under columns.",
            )


def _unfit(db: Db, table: Table) -> Iterator[Finding]:
    for name in (*table.spec.columns, *table.spec.reverse):
        column = table.columns.get(name)
        if column is None:
            fix = "add it in alter, or correct its name."
            yield Finding("DUA030", "error", table.label, f"there is no column {name!r}.", fix)
        elif column.fixed:
            fix = "tell another column."
            message = f"the server itself computes or numbers the column {name!r}."
            yield Finding("DUA030", "error", table.label, message, fix)
        elif column.preset and db.execute(VOLATILE, (sorted(functions_of(column.preset)),)).rowcount:
            yield Finding(
                "DUA034",
                "error",
                table.label,
                f"the column {name!r} has the default {column.preset}, which is another one each time: while writes"
                " change sides nobody could tell whether a value was given.",
                "ALTER TABLE ... ALTER COLUMN ... DROP DEFAULT, and let applications give the value.",
            )
    looked_at = {
        each for told in (*table.spec.columns.values(), *table.spec.reverse.values()) for each in columns_of(told)
    }
    for name in sorted(looked_at & {each.name for each in table.columns.values() if each.generated}):
        message = f"an expression looks at {name}, which the server computes only after the trigger."
        yield Finding("DUA030", "error", table.label, message, "use the columns that it is computed from.")


def _functions(ctx: RunContext, db: Db, table: Table, copy: sql.Identifier) -> None:
    """Every expression as it will run: names and types are wrong now or never. Then the triggers, on a few rows."""
    for told in (table.spec.columns, table.spec.reverse):
        if told:
            values = sql.SQL(", ").join(sql.SQL(f"(\n{value}\n)") for value in told.values())  # type: ignore[arg-type]
            names = sql.SQL(", ").join(map(sql.Identifier, told))
            insert = sql.SQL("INSERT INTO {0} ({1}) SELECT {2} FROM {0} LIMIT 0")
            db.execute(insert.format(copy, names, values))
    db.execute("CREATE SCHEMA IF NOT EXISTS cutover_dual")
    following.define(ctx, db, TRIAL, table, "forward")
    create = "CREATE TRIGGER cutover BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION {}()"
    db.execute(sql.SQL(create).format(copy, following.function(TRIAL, table)))
    there = [c.name for c in table.columns.values() if c.name not in table.spec.columns and not c.generated]
    insert = sql.SQL("INSERT INTO {0} ({1}) OVERRIDING SYSTEM VALUE SELECT {1} FROM {2} LIMIT {3}")
    names = sql.SQL(", ").join(map(sql.Identifier, there))
    db.execute(insert.format(copy, names, table.name, sql.Literal(SAMPLE)))
    written = sql.SQL(", ").join(sql.SQL("{0} = {0}").format(sql.Identifier(name)) for name in table.spec.columns)
    for way in ("both", "back"):
        following.define(ctx, db, TRIAL, table, way)  # type: ignore[arg-type]
        db.execute(sql.SQL("UPDATE {} SET {}").format(copy, written))


def _rows(db: Db, table: Table) -> Iterator[Finding]:
    """Every row there and back again: what does not come back would be lost on the way back."""
    try:
        with db.transaction():
            wrong = db.execute(_round_trip(table)).fetchall() if table.spec.reverse else []
    except psycopg.OperationalError:
        raise
    except psycopg.DatabaseError as error:
        message = f"an expression fails on a row: {error.diag.message_primary}."
        yield Finding("DUA032", "error", table.label, message, "mend that row, or the expression.")
        return
    if wrong:
        keys = "; ".join(str(dict(zip(table.key, row, strict=True))) for row in wrong[:SHOWN])
        more = "at least " if len(wrong) > SHOWN else ""
        yield Finding(
            "DUA031",
            "error",
            table.label,
            f"{more}{min(len(wrong), SHOWN)} rows would not come back as they are, with the keys {keys}.",
            "correct columns and reverse, so that each says what the other one needs; or mend these rows.",
        )


def _round_trip(table: Table) -> sql.Composed:
    listed = sql.SQL(", ")
    there = [sql.SQL("{} AS {}").format(table.cast(n, e), sql.Identifier(n)) for n, e in table.spec.columns.items()]
    # Written names first: an expression over the new row sees old columns only where they stay.
    kept = [sql.Identifier("r", name) for name in table.columns if name not in table.spec.columns]
    differs = [
        sql.SQL("{}::text IS DISTINCT FROM ({})::text").format(sql.Identifier(name), table.cast(name, expression))
        for name, expression in table.spec.reverse.items()
    ]
    return sql.SQL("SELECT {} FROM (SELECT {} FROM {} AS r) AS q WHERE {} LIMIT {}").format(
        listed.join(map(sql.Identifier, table.key)),
        listed.join([*kept, *there]),
        table.name,
        sql.SQL(" OR ").join(differs),
        sql.Literal(SHOWN + 1),
    )
