"""What the catalog says about a migrated table and its surroundings: one class per query of include/sql/preflight.

Field names are the column names of the query; ``table_oid`` ties a row to its table.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    table_oid: int
    number: int
    name: str
    type: str
    not_null: bool
    default: str | None
    identity: str
    generated: str
    type_usable: bool
    stale_collation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    table_oid: int
    schema: str
    name: str
    primary: bool
    unique: bool
    valid: bool
    deferrable: bool
    exclusion: bool
    replica_identity: bool
    partial: bool
    expressions: bool
    constraint: str | None
    columns: list[str]
    not_null: bool
    default_order: bool
    tablespace: str | None
    tablespace_usable: bool

    @property
    def identifies(self) -> bool:
        """Whether it tells rows apart for certain."""
        complete = self.not_null and not self.partial and not self.expressions
        return self.unique and self.valid and complete and not self.deferrable


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    table_oid: int
    name: str
    kind: str
    validated: bool
    deferrable: bool
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """``incoming``: the migrated table is the referenced one. ``child`` refers to ``parent``."""

    table_oid: int
    incoming: bool
    to_itself: bool
    name: str
    definition: str
    validated: bool
    child_schema: str
    child: str
    child_kind: str
    child_owner: str
    child_owned: bool
    parent_schema: str
    parent: str
    parent_owner: str
    parent_referable: bool
    parent_lockable: bool
    has_clones: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    table_oid: int
    oid: int
    name: str
    enabled: str
    deferrable: bool
    tied: bool
    function_schema: str
    function: str
    executable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view (kind ``v``) or materialized view (``m``); ``columns`` are those of the table that it reads itself."""

    table_oid: int
    oid: int
    schema: str
    name: str
    kind: str
    depth: int
    direct: bool
    owner: str
    owned: bool
    schema_create: bool
    bytes: int
    columns: list[str]
    reads_matviews: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """``how``: ``body`` (SQL-standard body), ``signature`` (row type in it) or ``rowtype`` (PL/pgSQL %ROWTYPE)."""

    table_oid: int
    signature: str
    kind: str
    how: str
    owner: str
    owned: bool
    schema: str
    schema_create: bool
    columns: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTypeColumn:
    table_oid: int
    schema: str
    relation: str
    kind: str
    column: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsidePolicy:
    table_oid: int
    name: str
    schema: str
    relation: str
    owner: str
    owned: bool
    columns: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    table_oid: int
    schema: str
    name: str
    column: str
    identity: bool
    owned_by: bool
    owner: str
    owned: bool
    others: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    table_oid: int
    name: str
    owner: str
    owned: bool
    via: str
    columns: list[str] | None
    filter: str | None
    tables: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    table_oid: int
    object: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Bytes on disk: ``heap`` with TOAST and maps, ``indexes`` all of them."""

    table_oid: int
    heap: int
    indexes: int
