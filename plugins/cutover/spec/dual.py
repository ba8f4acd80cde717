"""Parts of a spec for changes of shape: tables told as queries over others, the flags, the shares of reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import Field, PrivateAttr

from cutover.spec.durations import Duration, within
from cutover.spec.errors import SqlTextMissing
from cutover.spec.names import ConnectionId, Identifier, TableName, split_table
from cutover.spec.parts import DAY, ZERO, Part, SqlFile

OriginQuery = Annotated[
    str, Field(min_length=1, max_length=10_000, examples=["SELECT r.id", "SELECT r.admin_id, 'notice', r.id::text"])
]
Percent = Annotated[float, Field(strict=True, gt=0, le=100)]


class DualShape(Part):
    """One table, told as a query over tables of the other side."""

    name: TableName = Field(
        description="`schema.table`, as in the catalog, without quotes; without a schema: `public`."
    )
    key: list[Identifier] = Field(
        min_length=1, description="Columns that identify a row: those of the primary key, or of a unique constraint."
    )
    rows: SqlFile = Field(
        description="One SELECT that gives one row for each key; its columns are named as the table's."
    )
    from_: dict[TableName, OriginQuery] = Field(
        alias="from",
        json_schema_extra={"minProperties": 1},
        description="For each table that the rows are made from: a SELECT of the keys that a row `r` of it is part of.",
    )

    _rows_sql: str | None = PrivateAttr(default=None)

    @property
    def rows_sql(self) -> str:
        """The text of ``rows`` when the spec was loaded.

        :raises SqlTextMissing: the migration was made without its folder.
        """
        if self._rows_sql is None:
            raise SqlTextMissing(
                f"shape {self.name!r}: the text of {self.rows.as_posix()!r} was not loaded.", fix="load the spec again."
            )
        return self._rows_sql

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

    @property
    def origins(self) -> dict[tuple[str, str], str]:
        """``from`` by (schema, table)."""
        return {split_table(name): query for name, query in self.from_.items()}

    def with_text(self, files: Mapping[str, str]) -> DualShape:
        """Return the same shape, knowing what its file says."""
        twin = self.model_copy()
        twin._rows_sql = files.get(self.rows.as_posix())
        return twin


class DualFlags(Part):
    """Where applications are told which side they write and read."""

    store: ConnectionId | None = Field(
        default=None,
        description="Connection id of the database that holds the flag; left out: `source`. With a `target` it has to"
        " be another one than these two: a database that outlives both.",
    )
    instances: int = Field(
        default=0,
        strict=True,
        ge=0,
        le=100_000,
        description="At least so many instances of applications must be alive before double writing begins.",
    )


class DualReads(Part):
    """How reads move to the new side."""

    shadow: float = Field(
        default=5,
        strict=True,
        ge=0,
        le=100,
        description="Percent of reads that are asked of both sides, to compare the answers.",
    )
    steps: list[Percent] = Field(
        default=[1, 10, 50, 100],
        min_length=1,
        description="Percent of reads that go to the new side, step by step: growing, the last one 100.",
    )
    hold: Annotated[Duration, within(ZERO, DAY)] = Field(
        default=timedelta(minutes=10), description="How long each step is watched before the next one."
    )
