"""The trigger that computes the columns that follow, in the write that touches a row.

It runs before the row is written, after every other trigger that may still change it. Replacing its function changes
the direction for all sessions at once and locks nothing, so nobody is held while writes change sides: for that moment
it goes both ways, row by row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from psycopg import sql

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.postgres.dual_write.names import SCHEMA
from cutover.postgres.in_place.tables import Table
from cutover.spec.expanding import columns_of, over_new

Way = Literal["forward", "both", "back"]


def direct(ctx: RunContext, db: Db, number: int, tables: Sequence[Table], way: Way) -> None:
    """Let columns follow in one direction, or in both, for all tables at once. Idempotent."""
    with db.transaction():
        for table in tables:
            define(ctx, db, number, table, way)


def define(ctx: RunContext, db: Db, number: int, table: Table, way: Way) -> None:
    """Write the function of one table; in the caller's transaction."""
    name = function(number, table)
    if way == "both":
        statement = sqlfiles.compose(
            "in_place/both_ways",
            function=name,
            forward=_assignments(table.spec.columns.items()),
            back=_assignments(table.spec.reverse.items()),
            new_given=_any(_given(table, each) for each in table.spec.columns),
            old_given=_any(_given(table, each) for each in table.spec.reverse),
            new_changed=_any(map(_changed, _written_new(table))),
            old_changed=_any(map(_changed, _written_old(table))),
        )
    else:
        told = table.told(way)
        statement = sqlfiles.compose(
            "in_place/one_way",
            function=name,
            migration=_sql(ctx.spec.name),
            assignments=_assignments(told.items()),
            past_the_flag=_any(_past(table, each) for each in told) if ctx.spec.writer == "triggers" else _any([]),
        )
    db.execute(statement)
    db.execute(sql.SQL("COMMENT ON FUNCTION {} IS {}").format(name, sql.Literal(way)))


def put_up(db: Db, number: int, table: Table) -> None:
    """Create the trigger; the table is locked by the caller's transaction. Idempotent."""
    create = "CREATE OR REPLACE TRIGGER {} BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION {}()"
    db.execute(sql.SQL(create).format(_trigger(number), table.name, function(number, table)))
    db.execute(sql.SQL("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}").format(table.name, _trigger(number)))


def take_down(db: Db, number: int, table: Table) -> None:
    """Remove trigger and function; the table is locked by the caller's transaction. Idempotent.

    In the same transaction goes whatever keeps a row from being without the columns that followed: between two of
    them applications would be refused.
    """
    db.execute(sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(_trigger(number), table.name))
    db.execute(sql.SQL("DROP FUNCTION IF EXISTS {}").format(function(number, table)))


def way_of(db: Db, number: int, table: Table) -> Way | None:
    """Return in which direction columns of a table follow at the moment; None: they do not."""
    row = db.execute(
        "SELECT obj_description(tgfoid, 'pg_proc') FROM pg_trigger"
        " WHERE tgrelid = %s AND tgname = %s AND tgenabled = 'A'",
        (table.oid, trigger(number)),
    ).fetchone()
    return row[0] if row else None


def trigger(number: int) -> str:
    """Triggers fire in the order of their names: nearly nothing comes after a tilde."""
    return f"~cutover_{number}"


def function(number: int, table: Table) -> sql.Identifier:
    return sql.Identifier(SCHEMA, f"row_{number}_{table.place}")


def _trigger(number: int) -> sql.Identifier:
    return sql.Identifier(trigger(number))


def _assignments(told: Iterable[tuple[str, str]]) -> sql.Composed:
    lines = [sql.SQL("new.{} := {};").format(sql.Identifier(name), _sql(over_new(value))) for name, value in told]
    return sql.SQL("\n        ").join(lines) if lines else sql.Composed([sql.SQL("NULL;")])


def _past(table: Table, name: str) -> sql.Composed:
    """Whether somebody gave a value of his own for a column that follows."""
    return sql.SQL(
        "(cutover_given.{name}::text IS DISTINCT FROM new.{name}::text AND"
        " CASE WHEN tg_op = 'INSERT' THEN {given} ELSE {changed} END)"
    ).format(name=sql.Identifier(name), given=_given(table, name), changed=_changed(name))


def _written_old(table: Table) -> list[str]:
    """Columns whose change makes new columns follow."""
    return sorted(set(table.spec.reverse).union(*map(columns_of, table.spec.columns.values())))


def _written_new(table: Table) -> list[str]:
    """Columns whose change makes old columns follow."""
    looked_at = set(table.spec.columns).union(*map(columns_of, table.spec.reverse.values()))
    return sorted(looked_at.difference(*map(columns_of, table.spec.columns.values())))


def _given(table: Table, name: str) -> sql.Composed:
    """Whether an INSERT gave a value: one that is not the column's default."""
    preset = _sql(table.columns[name].preset or "NULL")
    return sql.SQL("cutover_given.{}::text IS DISTINCT FROM ({})::{}::text").format(
        sql.Identifier(name), preset, _sql(table.columns[name].kind)
    )


def _changed(name: str) -> sql.Composed:
    return sql.SQL("cutover_given.{0}::text IS DISTINCT FROM old.{0}::text").format(sql.Identifier(name))


def _any(conditions: Iterable[sql.Composable]) -> sql.Composable:
    found = list(conditions)
    return sql.SQL(" OR ").join(found) if found else sql.SQL("false")


def _sql(text: str) -> sql.SQL:
    return sql.SQL(text)  # type: ignore[arg-type]  # a checked name, the spec's own SQL, or the server's
