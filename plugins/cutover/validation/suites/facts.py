"""What the catalog knows about a table: the facts that suite templates are filled with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from cutover import sqlfiles
from cutover.validation.suites.tables import SuiteTable

Db = psycopg.Connection[Any]


@dataclass(slots=True)
class Facts:
    """Facts by kind (each a dict of the placeholders that it fills), and the views that they speak of.

    Kinds: ``key_column`` and ``not_null_column`` (``column``), ``unique_column`` (``column``, ``constraint``),
    ``unique_columns`` (``columns``, ``constraint``), ``foreign_key`` and ``reference`` (``constraint``, ``columns``,
    ``other``, ``orphans``: a view of the rows that refer to nothing).
    """

    by_kind: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    views: dict[str, sql.Composable] = field(default_factory=dict)

    def add(self, kind: str, **fact: Any) -> None:
        self.by_kind.setdefault(kind, []).append(fact)


KINDS = frozenset({"key_column", "not_null_column", "unique_column", "unique_columns", "foreign_key", "reference"})


def gather(db: Db, table: SuiteTable) -> Facts:
    """Read the facts about a table: what its live side guarantees, for the columns that the subject has."""
    facts = Facts()
    for column in table.key:
        facts.add("key_column", column=column)
    for kind, name, columns, schema, other, other_columns in _rows(db, table):
        if kind == "not_null" and columns[0] in table.key:
            continue  # said already
        if kind == "not_null":
            facts.add("not_null_column", column=columns[0])
        elif kind == "unique" and len(columns) == 1:
            facts.add("unique_column", column=columns[0], constraint=name)
        elif kind == "unique":
            facts.add("unique_columns", columns=columns, constraint=name)
        else:
            view = f"orphans_{len(facts.views) + 1}"
            parts = (columns, sql.Identifier(schema, other), other_columns)
            facts.views[view] = _orphans_out(*parts) if kind == "foreign_key" else _orphans_in(table, *parts)
            facts.add(kind, constraint=name, columns=columns, other=f"{schema}.{other}", orphans=view)
    return facts


def _rows(db: Db, table: SuiteTable) -> Iterator[tuple[Any, ...]]:
    columns = db.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(sql.Identifier(*table.subject))).description or ()
    query = sqlfiles.compose(
        "validation/facts",
        live_schema=sql.Literal(table.live[0]),
        live_table=sql.Literal(table.live[1]),
        columns=sql.Literal([column.name for column in columns]),
    )
    yield from db.execute(query).fetchall()


def _orphans_out(columns: Sequence[str], parent: sql.Composable, parent_columns: Sequence[str]) -> sql.Composable:
    return sqlfiles.compose(
        "validation/orphans_out",
        filled=_filled(columns),
        parent=parent,
        match=_match("child", columns, "parent", parent_columns),
    )


def _orphans_in(
    table: SuiteTable, columns: Sequence[str], child: sql.Composable, child_columns: Sequence[str]
) -> sql.Composable:
    return sqlfiles.compose(
        "validation/orphans_in",
        child=child,
        filled=_filled(child_columns),
        subject=sql.Identifier(*table.subject),
        in_flight=table.in_flight(),
        match=_match("child", child_columns, "parent", columns),
    )


def _filled(columns: Sequence[str]) -> sql.Composable:
    return sql.SQL(" AND ").join(sql.SQL("{} IS NOT NULL").format(sql.Identifier("child", name)) for name in columns)


def _match(one: str, columns: Sequence[str], other: str, other_columns: Sequence[str]) -> sql.Composable:
    return sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier(one, a), sql.Identifier(other, b))
        for a, b in zip(columns, other_columns, strict=True)
    )
