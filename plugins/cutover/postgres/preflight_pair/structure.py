"""How a database is built: its tables with all that replication depends on. The same look at blue and at a design."""

from __future__ import annotations

from dataclasses import dataclass, field

Name = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """:param type: as SQL writes it. :param generated: ``s`` stored, ``v`` virtual. :param identity: ``a`` or ``d``.
    :param comparable: the server can tell two of its values apart."""

    table_oid: int
    number: int
    name: str
    type: str
    not_null: bool
    default: str | None
    generated: str | None
    identity: str | None
    collation: str | None
    comparable: bool

    @property
    def fills_itself(self) -> bool:
        """Whether a row that says nothing about it is still complete."""
        return not self.not_null or bool(self.default or self.identity or self.generated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A unique or exclusion index. :param chosen: REPLICA IDENTITY USING INDEX names it."""

    table_oid: int
    name: str
    unique: bool
    primary: bool
    chosen: bool
    exclusion: bool
    immediate: bool
    valid: bool
    partial: bool
    expressions: bool
    not_null: bool
    columns: list[str]
    definition: str

    @property
    def identifies(self) -> bool:
        """Whether replication can tell rows apart by it."""
        sound = self.unique and self.immediate and self.valid and self.not_null
        return sound and not self.partial and not self.expressions


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A check (``c``) or foreign key (``f``)."""

    table_oid: int
    name: str
    kind: str
    definition: str
    validated: bool
    expression: str | None
    columns: list[str]
    parent_columns: list[str]
    parent_schema: str | None
    parent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table: ordinary (``r``), partitioned (``p``) or foreign (``f``).

    :param identity: ``pg_class.relreplident``: ``d``, ``n``, ``f`` or ``i``.
    :param rows_estimated: the planner's, -1 where unknown; :param bytes_estimated: heap and TOAST as of the last
        VACUUM or ANALYZE, :param index_bytes: its indexes likewise.
    :param settable: the role that asks can act as the owner.
    """

    oid: int
    schema: str
    name: str
    kind: str
    persistence: str
    is_partition: bool
    identity: str
    rows_estimated: int
    bytes_estimated: int
    index_bytes: int
    owner: str
    owned: bool
    settable: bool
    readable: bool
    policies_on: bool
    policies_forced: bool
    tablespace: str | None
    rules: list[str]
    parents: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """One table with its columns, unique indexes and constraints."""

    relation: Relation
    columns: tuple[Column, ...] = ()
    indexes: tuple[Index, ...] = ()
    constraints: tuple[Constraint, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.relation.schema}.{self.relation.name}"

    @property
    def name(self) -> Name:
        return self.relation.schema, self.relation.name

    @property
    def travels(self) -> bool:
        """Whether a publication can carry its rows: it has some of its own, and they are logged."""
        return self.relation.kind == "r" and self.relation.persistence == "p"

    @property
    def primary(self) -> Index | None:
        return next((index for index in self.indexes if index.primary), None)

    @property
    def key(self) -> Index | None:
        """The index by which the server itself tells followers which row it was; None with FULL and NOTHING."""
        wanted = {"d": lambda index: index.primary, "i": lambda index: index.chosen}.get(self.relation.identity)
        return next((i for i in self.indexes if wanted and wanted(i) and i.identifies), None)

    @property
    def findable(self) -> Index | None:
        """The index by which an apply worker finds a row here: the replica identity, or else the primary key."""
        return self.key or next((index for index in self.indexes if index.primary and index.identifies), None)

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumType:
    oid: int
    type: str
    labels: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainType:
    oid: int
    type: str
    base: str
    not_null: bool
    checks: list[str]


@dataclass(frozen=True, slots=True)
class Structure:
    """All tables and types of a database."""

    tables: dict[Name, Table] = field(default_factory=dict)
    enums: dict[str, EnumType] = field(default_factory=dict)
    domains: dict[str, DomainType] = field(default_factory=dict)

    def labelled(self, label: str) -> Table | None:
        """Return the table ``schema.name``."""
        schema, _, name = label.partition(".")
        return self.tables.get((schema, name))

    def travelling(self) -> list[Table]:
        """Tables whose rows a publication carries."""
        return [table for table in self.tables.values() if table.travels]
