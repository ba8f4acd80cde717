"""The migration spec: what shall change, never how. The loader fills it from ``migration.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr

from cutover.spec import snapshots
from cutover.spec.announcing import Announce
from cutover.spec.approving import Approvals
from cutover.spec.dual import DualFlags, DualReads, DualShape
from cutover.spec.errors import SqlTextMissing
from cutover.spec.limits import CutoverLimits
from cutover.spec.names import ConnectionId, Identifier, Line, MigrationName, TableName, split_table
from cutover.spec.observing import Observe
from cutover.spec.parts import (
    Backfill,
    Expression,
    Part,
    Replication,
    RollbackRules,
    SchemaSql,
    SqlFile,
    Validation,
    Watch,
)
from cutover.spec.rehearsing import Rehearse
from cutover.spec.window import Backup, Hook

Strategy = Literal["online", "blue_green", "dual_write", "stop_the_world"]
Form = Literal["shapes", "columns", "databases"]


class TableSpec(Part):
    """One table and what changes on it."""

    name: TableName = Field(
        description="`schema.table`, exactly as in the catalog, without quotes; without a schema: `public`."
    )
    alter: SqlFile | None = Field(
        default=None,
        description="online: ALTER TABLE, CREATE INDEX, COMMENT and CREATE STATISTICS on the table, unqualified."
        " dual_write: columns, indexes and constraints that are added to it; nothing of that keeps writers waiting.",
    )
    columns: dict[Identifier, Expression] = Field(
        default_factory=dict, description="New column <- SQL expression over the columns of the old row."
    )
    reverse: dict[Identifier, Expression] = Field(
        default_factory=dict, description="Old column <- SQL expression over the columns of the new row."
    )
    key: list[Identifier] | None = Field(
        default=None,
        min_length=1,
        description="online, dual_write: columns that identify a row; left out: those of the primary key.",
    )
    old_table: Literal["archive", "drop"] = Field(
        default="archive",
        description="online: what finalizing does with the old table: keep it in a schema of its own, or drop it.",
    )
    rename: Identifier | None = Field(
        default=None,
        description="dual_write: the table's new name; a view stands for the other name as long as both are used.",
    )

    without_key: Literal["full", "ignore"] | None = Field(
        default=None,
        description="Two databases, for a table by whose rows no follower could tell them apart (no key, or REPLICA"
        " IDENTITY NOTHING). `full`: REPLICA IDENTITY FULL on the live side until the run is finalized; each UPDATE"
        " and DELETE then writes whole rows to the WAL, and reads the table through on the other side. `ignore`: its"
        " rows are not followed: they are copied once and stay as they were in the copy, so what is written to it"
        " after that is missing on the new side.",
    )

    _alter_sql: str | None = PrivateAttr(default=None)

    @property
    def alter_sql(self) -> str | None:
        """The text of ``alter`` when the spec was loaded."""
        return self._alter_sql

    @property
    def schema_name(self) -> str:
        return split_table(self.name)[0]

    @property
    def table_name(self) -> str:
        return split_table(self.name)[1]

    @property
    def qualified(self) -> str:
        """``schema.table``, for messages; never to be put into SQL."""
        return f"{self.schema_name}.{self.table_name}"


class Migration(Part):
    """One planned change. Made by :mod:`cutover.spec.loader`, or from a run's snapshot."""

    name: MigrationName = Field(description="As the folder is named.")
    title: Line = Field(description="One line for people: forms, messages, reports.")
    strategy: Strategy
    owner: Line = Field(description="The team that answers for it.")
    description: str | None = Field(default=None, description="Why; Markdown.")
    source: ConnectionId = Field(description="Airflow connection id of the database that is live.")
    target: ConnectionId | None = Field(default=None, description="Connection id of the database that shall be live.")
    router: ConnectionId | None = Field(default=None, description="Connection id of what decides where clients go.")
    tables: list[TableSpec] = Field(default_factory=list)
    schema_sql: SchemaSql = Field(default=SchemaSql(), alias="schema")
    writer: Literal["triggers", "application"] = Field(
        default="triggers",
        description="dual_write: who writes both sides: triggers of the database, or the application itself, which asks"
        " the flag; see docs/flags.md.",
    )
    shapes: list[DualShape] = Field(
        default_factory=list,
        description="dual_write: the new tables, told over old ones; see [`shapes`](#shapes-each).",
    )
    back: list[DualShape] = Field(
        default_factory=list,
        description="dual_write: the old tables, told over the new ones, in the same words as `shapes`; needed where"
        " there is a rollback window.",
    )
    left_out: dict[TableName, Line] = Field(
        default_factory=dict,
        description="dual_write: old tables whose rows may have no place on the new side, each with the reason.",
    )
    flags: DualFlags = DualFlags()
    reads: DualReads = DualReads()
    backfill: Backfill = Backfill()
    replication: Replication = Replication()
    cutover: CutoverLimits = CutoverLimits()
    approvals: Approvals = Approvals()
    validation: Validation = Field(default=Validation(), alias="validate")
    rollback: RollbackRules = RollbackRules()
    backup: Backup = Backup()
    hooks: list[Hook] = Field(default_factory=list, description="What runs beside the database and has to know.")
    watch: Watch = Watch()
    observe: Observe = Observe()
    announce: Announce = Announce()
    rehearse: Rehearse = Rehearse()

    _folder: Path = PrivateAttr(default=Path())
    _files: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where the spec was loaded from; may be gone by the time of a rollback, so read files by :meth:`text`."""
        return self._folder

    @property
    def files(self) -> Mapping[str, str]:
        """Relative path -> text of every SQL file that the spec names."""
        return self._files

    def text(self, path: Path | None) -> str | None:
        """Return the SQL text that ``path`` (``schema_sql.down`` ...) had at loading; ``None`` for ``None``.

        :raises SqlTextMissing: the migration was made without its folder.
        """
        if path is None:
            return None
        key = path.as_posix()
        if key not in self._files:
            raise SqlTextMissing(
                f"migration {self.name!r}: the text of {key!r} was not loaded.", fix="load the spec again."
            )
        return self._files[key]

    @property
    def form(self) -> Form:
        """dual_write: how the side that is not live follows the other one."""
        if self.strategy != "dual_write":
            return "shapes"
        return "databases" if self.target is not None else "columns" if self.tables else "shapes"

    @property
    def up_sql(self) -> str | None:
        return self.text(self.schema_sql.up)

    @property
    def down_sql(self) -> str | None:
        return self.text(self.schema_sql.down)

    @property
    def throttle_sql(self) -> str | None:
        return self.text(self.backfill.throttle_query)

    @property
    def baseline_sql(self) -> str | None:
        return self.text(self.validation.baseline_queries)

    def table(self, name: str) -> TableSpec:
        """:raises KeyError: the spec has no such table."""
        wanted = split_table(name)
        for table in self.tables:
            if (table.schema_name, table.table_name) == wanted:
                return table
        raise KeyError(name)

    def snapshot(self) -> dict[str, Any]:
        """Return everything as a JSON-safe dict, SQL texts included: enough to go back without any file."""
        return snapshots.take(self)

    @classmethod
    def from_snapshot(cls, snapshot: Mapping[str, Any]) -> Migration:
        """Return the migration that :meth:`snapshot` described; reads no file."""
        return snapshots.restore(cls, snapshot)

    def with_files(self, folder: Path, files: Mapping[str, str]) -> Migration:
        """Return the same migration, knowing where it came from and what its SQL files say."""
        tables = [table.model_copy() for table in self.tables]
        for table in tables:
            table._alter_sql = files.get(table.alter.as_posix()) if table.alter else None
        shapes = {key: [shape.with_text(files) for shape in getattr(self, key)] for key in ("shapes", "back")}
        twin = self.model_copy(update={"tables": tables, **shapes})
        twin._folder, twin._files = folder, dict(files)
        return twin
