"""From the spec's shapes to those that are derived: what only the server can tell, asked before anything is made."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import sql

from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres.dual_write.kinds import Given, Kind, described, different
from cutover.postgres.dual_write.shape import Shape
from cutover.postgres.online import catalog
from cutover.postgres.online.mapping import Column
from cutover.spec.dual import DualShape
from cutover.spec.sqltree import bare

_SAFE = "SET LOCAL search_path = public, pg_temp; SET LOCAL transaction_read_only = on"
_TABLE = (
    "SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p')"
)


class ShapeWrong(CutoverError):
    """A shape of the spec does not fit the database."""

    code = "DUA002"


def shapes_of(db: Db, spec_shapes: Sequence[DualShape]) -> list[Shape]:
    """Return the shapes with what the server says of them: the columns that their rows give, the types of their keys.

    Changes nothing and reads no row. The shapes' tables have to be there.

    :raises ShapeWrong: naming the shape, what does not fit, and what would be right.
    """
    return [_Asked(db, shape).shape() for shape in spec_shapes]


class _Asked:
    def __init__(self, db: Db, spec: DualShape) -> None:
        self.db, self.spec = db, spec
        self.table = sql.Identifier(spec.schema_name, spec.table_name)

    def shape(self) -> Shape:
        with self.db.transaction(force_rollback=True):
            self.db.execute(_SAFE)
            oid = self._oid(
                (self.spec.schema_name, self.spec.table_name), "create it in schema.up, or correct the name"
            )
            what = f"rows ({self.spec.rows.as_posix()})"
            rows, given = self._asked("SELECT * FROM (\n", self.spec.rows_sql, "\n) AS q LIMIT 0", what)
            # With a bare search path types of other schemas are written with their schema.
            self.db.execute("SET LOCAL search_path = pg_catalog")
            columns = {column.name: column for column in catalog.columns(self.db, oid)}
            self._check_key(oid, [name for name, _ in given])
            self._check_columns(given, columns)
            self.db.execute(_SAFE)
            origins = {table: self._origin(table, query) for table, query in self.spec.origins.items()}
        return Shape(
            schema=self.spec.schema_name,
            name=self.spec.table_name,
            key=tuple(self.spec.key),
            rows=rows,
            origins=origins,
            columns=tuple(name for name, _ in given),
            types=tuple(columns[name].bare_type for name in self.spec.key),
        )

    def _wrong(self, what: str, fix: str) -> ShapeWrong:
        return ShapeWrong(f"shape {self.spec.qualified}: {what}.", fix=fix)

    def _oid(self, table: tuple[str, str], fix: str) -> int:
        row = self.db.execute(_TABLE, table).fetchone()
        if row is None:
            raise self._wrong(f"there is no table {'.'.join(table)} in database {self.db.info.dbname!r}", fix)
        return int(row[0])

    def _asked(self, before: str, text: str, after: str, what: str) -> tuple[str, Given]:
        """A query as it can stand in parentheses, and its columns, asked by one that gives no row."""
        query = bare(text)
        try:
            with self.db.transaction():
                found = described(self.db.execute((before + query + after).encode()))
        except psycopg.Error as error:
            at = int(error.diag.statement_position or 0) - len(before) - 1
            line = f" in line {text.count(chr(10), 0, text.index(query) + at) + 1}" if 0 <= at <= len(query) else ""
            hint = f" ({error.diag.message_hint})" if error.diag.message_hint else ""
            message = f"{what} fails{line}: {error.diag.message_primary or error}{hint}"
            raise self._wrong(message, f"correct the query of {what}") from None
        return query, found

    def _check_columns(self, given: Given, columns: dict[str, Column]) -> None:
        names = [name for name, _ in given]
        for name in names:
            if names.count(name) > 1:
                raise self._wrong(f"rows gives the column {name!r} twice", "name one of them otherwise by AS")
            if name not in columns:
                fix = f"give it the name of a column by AS: {', '.join(columns)}"
                raise self._wrong(f"rows gives a column {name!r}, which the table does not have", fix)
            if columns[name].generated:
                message = f"rows gives the column {name!r}, which the table generates by itself"
                raise self._wrong(message, "leave it out of rows")
            if columns[name].identity == "a" and name not in self.spec.key:
                message = f"rows gives the column {name!r}, which is GENERATED ALWAYS AS IDENTITY and cannot be changed"
                raise self._wrong(message, "leave it out of rows, or make it GENERATED BY DEFAULT AS IDENTITY")
        for column in columns.values():
            if column.not_null and not column.fills_itself and column.name not in names:
                message = f"rows does not give the column {column.name!r}, which is NOT NULL and has no default"
                raise self._wrong(message, "add it to rows, or give it a DEFAULT")
        self._check_types("rows gives", dict(given), self._types(names))

    def _check_key(self, oid: int, given: Sequence[str]) -> None:
        for name in self.spec.key:
            if name not in given:
                raise self._wrong(f"rows does not give the key's column {name!r}", "add it to rows, or correct key")
        try:
            catalog.key(self.db, oid, list(self.spec.key), self.spec.qualified)
        except catalog.KeyMissing as error:
            key = ", ".join(self.spec.key)
            raise self._wrong(f"its key ({key}) does not tell rows apart: {error.what}", error.fix or "") from None

    def _origin(self, table: tuple[str, str], query: str) -> str:
        what, label = f"from: {'.'.join(table)}", ".".join(table)
        self._oid(table, f"correct the name {label!r} under from")
        before = sql.SQL("SELECT k.* FROM {} AS r CROSS JOIN LATERAL (\n").format(sql.Identifier(*table))
        query, given = self._asked(before.as_string(self.db), query, "\n) AS k LIMIT 0", what)
        if len(given) != len(self.spec.key):
            message = f"{what} gives {len(given)} columns, and the key has {len(self.spec.key)}"
            raise self._wrong(message, f"give {', '.join(self.spec.key)}, in this order")
        keyed = {name: kind for name, (_, kind) in zip(self.spec.key, given, strict=True)}
        self._check_types(f"{what} gives for", keyed, self._types(self.spec.key))
        return query

    def _types(self, names: Sequence[str]) -> dict[str, Kind]:
        chosen = sql.SQL("SELECT {} FROM {} LIMIT 0").format(sql.SQL(", ").join(map(sql.Identifier, names)), self.table)
        return dict(described(self.db.execute(chosen)))

    def _check_types(self, what: str, given: dict[str, Kind], wanted: dict[str, Kind]) -> None:
        for name, found, right in different(self.db, given, wanted):
            fix = f"write ({name})::{right}, or another expression of that type"
            raise self._wrong(f"{what} {name!r} a value of type {found}, and the table has {right}", fix)
