"""Everything the rules judge: gathered once, then only looked at. Rules never ask the database themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cutover.postgres.preflight import records, surroundings
from cutover.postgres.preflight.trial import Trial

if TYPE_CHECKING:
    from cutover.spec.models import Migration, TableSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What carries the name of a spec's table; ``oid`` is None where nothing does.

    :param kind: ``pg_class.relkind``; :param persistence: ``p``, ``u`` (unlogged) or ``t`` (temporary).
    :param rows_estimated: the planner's estimate, -1 where the table was never analyzed.
    :param near: names that a misspelt one may have meant.
    """

    schema: str
    name: str
    oid: int | None
    kind: str | None
    persistence: str | None
    is_partition: bool
    typed: bool
    policies_on: bool
    policies_forced: bool
    replica_identity: str
    rows_estimated: int | None
    owner: str | None
    owned: bool
    becomes_owner: bool
    readable: bool
    schema_exists: bool
    schema_usage: bool
    schema_create: bool
    owner_creates: bool
    tablespace: str | None
    tablespace_usable: bool
    extension: str | None
    parents: list[str]
    children: list[str]
    rules: list[str]
    statistics: list[str]
    policies: list[str]
    label_providers: list[str]
    subscriptions: list[str]
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the spec with all that the catalog ties to it.

    :param looked_at: False where somebody's lock kept the catalog's functions waiting; then only ``relation`` holds.
    :param trial: what happened when the change was tried on an empty copy.
    """

    spec: TableSpec
    relation: Relation
    looked_at: bool = False
    size: records.Size | None = None
    columns: list[records.Column] = field(default_factory=list)
    indexes: list[records.Index] = field(default_factory=list)
    constraints: list[records.Constraint] = field(default_factory=list)
    foreign_keys: list[records.ForeignKey] = field(default_factory=list)
    triggers: list[records.Trigger] = field(default_factory=list)
    views: list[records.View] = field(default_factory=list)
    functions: list[records.Function] = field(default_factory=list)
    row_type_columns: list[records.RowTypeColumn] = field(default_factory=list)
    outside_policies: list[records.OutsidePolicy] = field(default_factory=list)
    sequences: list[records.Sequence] = field(default_factory=list)
    publications: list[records.Publication] = field(default_factory=list)
    strangers: list[records.Stranger] = field(default_factory=list)
    trial: Trial = field(default_factory=Trial)

    @property
    def label(self) -> str:
        return f"{self.relation.schema}.{self.relation.name}"

    @property
    def ordinary(self) -> bool:
        """An existing plain table: the only kind that is carried over."""
        return self.relation.oid is not None and self.relation.kind == "r"

    @property
    def key(self) -> records.Index | None:
        """The index that the engine will tell rows apart by: the spec's choice, or the first that identifies."""
        wanted = set(self.spec.key or ())
        found = [index for index in self.indexes if index.identifies and (not wanted or set(index.columns) == wanted)]
        return found[0] if found else None

    def column(self, name: str) -> records.Column | None:
        return next((column for column in self.columns if column.name == name), None)

    def rows_within(self, budget: int, most: int) -> int:
        """Return how many average rows fit into ``budget`` bytes: at least 10, at most ``most``."""
        rows = self.relation.rows_estimated or 0
        width = self.size.heap / rows if self.size and rows > 0 else 0
        return max(10, min(most, int(budget / width))) if width else most

    @property
    def bytes(self) -> int:
        """Heap, TOAST and indexes; 0 where unknown."""
        return self.size.heap + self.size.indexes if self.size else 0


@dataclass(frozen=True, slots=True)
class Facts:
    """One look at a database for one migration.

    :param limits: the thresholds of this look, see :class:`Limits`.
    """

    spec: Migration
    server: surroundings.Server
    limits: Limits
    tables: list[Table] = field(default_factory=list)
    schema_publications: list[surroundings.SchemaPublication] = field(default_factory=list)
    event_triggers: list[surroundings.EventTrigger] = field(default_factory=list)
    locks: list[surroundings.Lock] = field(default_factory=list)
    old_transactions: list[surroundings.OldTransaction] = field(default_factory=list)
    leftovers: list[surroundings.Leftover] = field(default_factory=list)
    taken: list[surroundings.Taken] = field(default_factory=list)
    tablespaces: dict[str, int | None] = field(default_factory=dict)
    database_collation_stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What counts as too long or too much, and whose leftovers are one's own.

    :param run_id: the run that asks; what it has built itself is no obstacle when a step is run again.
    :param run_number: its number, part of the names of its schemas.
    :param long_transaction: seconds after which an open transaction is reported.
    :param lock_wait: milliseconds that preflight itself waits for a lock before it gives up looking.
    :param sample_rows: how many rows the trial copies at most.
    """

    run_id: str | None = None
    run_number: int | None = None
    long_transaction: float = 60.0
    lock_wait: int = 1000
    sample_rows: int = 1000
