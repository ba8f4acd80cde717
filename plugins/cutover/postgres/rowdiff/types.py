"""Which types expressions have, and how two values of a type are told apart exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from cutover import sqlfiles
from cutover.postgres.rowdiff.session import Db

INTEGERS = frozenset({20, 21, 23})
STRINGS = frozenset({25, 1043})
# bool, "char", oid, uuid, bytea, date, time, timestamp, timestamptz: equal (=) means the same bytes. Not numeric
# (1.0 = 1.00), floats (-0 = 0), interval (1 mon = 30 days), bpchar, jsonb (numbers inside), arrays or ranges of these.
PLAIN = frozenset({16, 18, 26, 2950, 17, 1082, 1083, 1114, 1184}) | INTEGERS
RECORD = 2249


@dataclass(frozen=True, slots=True)
class SqlType:
    """One type: its OID in this database and its qualified name."""

    oid: int
    schema: str
    name: str
    collatable: bool = False

    @property
    def identifier(self) -> sql.Composable:
        """The name to cast to. Never ``format_type``: its ``character`` would cut a ``bpchar`` to one character."""
        return sql.Identifier(self.schema, self.name)

    def __str__(self) -> str:
        return self.name if self.schema == "pg_catalog" else f"{self.schema}.{self.name}"

    def compatible(self, other: SqlType) -> bool:
        """Tell whether values of both types compare directly and exactly."""
        both = {self.oid, other.oid}
        return len(both) == 1 or both <= INTEGERS or both <= STRINGS


def describe(db: Db, relation: sql.Composable, alias: str, expressions: Sequence[sql.Composable]) -> list[SqlType]:
    """Return the type of each expression over ``relation AS alias`` (domains as their base type)."""
    query = sqlfiles.compose(
        "rowdiff/describe", expressions=sql.SQL(", ").join(expressions), relation=relation, alias=sql.Identifier(alias)
    )
    oids = [column.type_code for column in db.execute(query).description or ()]
    wanted = sql.Literal(sorted(set(oids)))
    names = {
        row[0]: SqlType(*row) for row in db.execute(sqlfiles.compose("rowdiff/type_names", oids=wanted)).fetchall()
    }
    return [names[oid] for oid in oids]
