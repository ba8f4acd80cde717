"""What happens to each table: which columns travel, what is computed, by what a row is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from psycopg import sql

Identity = Literal["default", "index", "full", "none"]


@dataclass(frozen=True, slots=True)
class TableMap:
    """One table of blue that holds rows (an ordinary table or a leaf partition), and its fellow on green.

    :ivar kind: ``pg_class.relkind``: ``r``, or ``p`` for a partitioned table, which is fenced but holds no rows.
    :ivar key: columns that identify a row on both sides; empty where the table has no usable key.
    :ivar identity: how the source tells followers which row it was (``full`` where there is no key and the spec says
        so; ``none``: the table is not followed).
    :ivar columns: blue's columns in their order, without generated ones.
    :ivar shared: those that green has as well, not generated there: they travel, both ways.
    :ivar forward: green column -> SQL expression over blue's row, from the spec; filled by the copy, and by a trigger
        for rows that follow.
    :ivar back: blue column -> SQL expression over green's row; filled by a trigger on blue once green is live.
    :ivar types: green's type of each column of ``shared`` and ``forward``, as SQL writes it.
    :ivar followed: whether its rows travel at all.
    """

    schema: str
    table: str
    kind: str = "r"
    key: tuple[str, ...] = ()
    identity: Identity = "default"
    columns: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    forward: Mapping[str, str] = field(default_factory=dict)
    back: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    followed: bool = True
    on_green: bool = True

    @property
    def label(self) -> str:
        return f"{self.schema}.{self.table}"

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.table)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TableMap:
        listed = {name: tuple(data[name]) for name in ("key", "columns", "shared")}
        return cls(**{**data, **listed})
