"""The words of a row diff: what is compared, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg
from psycopg import sql

Connect = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]
Progress = Callable[[int, int], None]
Settle = Callable[[], None]
Drain = Callable[[psycopg.Connection[Any]], None]
Key = tuple[str, ...]
Kind = Literal["changed", "missing_right", "missing_left"]
TOLD = 3


@dataclass(frozen=True, slots=True)
class ComparedColumn:
    """One column: an SQL expression over alias ``l`` and one over alias ``r`` that must give the same value."""

    name: str
    left: sql.Composable
    right: sql.Composable

    @classmethod
    def same(cls, name: str) -> ComparedColumn:
        """Compare the column ``name`` of both sides as it is."""
        return cls(name, sql.Identifier("l", name), sql.Identifier("r", name))


@dataclass(frozen=True, slots=True)
class Side:
    """One table, or query in parentheses, and the names of its key columns, in key order.

    :ivar key: the names may differ between the sides.
    :ivar unique: the caller knows that the key is unique and never NULL (it is a primary key below a query);
        otherwise the catalog is asked, or the rows are where it has no answer.
    :ivar expected_rows: for progress; ``None``: the catalog's estimate.
    :ivar key_names: what people call the key columns, where a query gives them other names; those of the left side
        name the rows in the verdict.
    """

    relation: sql.Composable
    key: tuple[str, ...]
    unique: bool = False
    expected_rows: int | None = None
    key_names: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """What the key columns are called in the verdict."""
        return self.key_names or self.key


@dataclass(frozen=True, slots=True)
class ColumnDifference:
    """Both values of one column as text, cut to a readable length; ``None`` is SQL's NULL."""

    name: str
    left: str | None
    right: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that differs, named by its key (text forms, by key column of the left side)."""

    kind: Kind
    key: Mapping[str, str]
    columns: tuple[ColumnDifference, ...] = ()


@dataclass(frozen=True, slots=True)
class RowDiff:
    """The verdict on two tables. Totals are exact; ``differences`` lists the first ones only.

    :ivar rows_left: rows seen on the left, each in the snapshot of its key range.
    :ivar changed: rows on both sides whose compared columns differ.
    :ivar missing_right: rows that only the left side has; ``missing_left`` likewise.
    :ivar undecided: rows that were being written at every look; not known to be equal, so not ``ok``.
    :ivar columns: how many of the changed rows differ in each column.
    :ivar looked_again: keys that were in flight at first and were looked at again.
    """

    rows_left: int = 0
    rows_right: int = 0
    changed: int = 0
    missing_right: int = 0
    missing_left: int = 0
    undecided: int = 0
    undecided_keys: tuple[Mapping[str, str], ...] = ()
    columns: Mapping[str, int] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    looked_again: int = 0
    chunks: int = 0
    seconds: float = 0.0

    @property
    def total(self) -> int:
        """Rows that differ for certain."""
        return self.changed + self.missing_right + self.missing_left

    @property
    def ok(self) -> bool:
        """True only when every row is known to be equal."""
        return self.total == 0 and self.undecided == 0

    def told(self, label: str) -> str:
        """Return the first rows of a table that differ, in words."""
        keys = ", ".join(str(dict(one.key)) for one in self.differences[:TOLD])
        return f"{label}: {self.total:,} rows, the first with the keys {keys}"

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON-safe values."""
        return {
            "ok": self.ok,
            "rows_left": self.rows_left,
            "rows_right": self.rows_right,
            "total": self.total,
            "changed": self.changed,
            "missing_right": self.missing_right,
            "missing_left": self.missing_left,
            "undecided": self.undecided,
            "undecided_keys": [dict(key) for key in self.undecided_keys],
            "columns": dict(self.columns),
            "looked_again": self.looked_again,
            "chunks": self.chunks,
            "seconds": round(self.seconds, 3),
            "differences": [_difference(one) for one in self.differences],
        }


def _difference(one: Difference) -> dict[str, Any]:
    columns = [{"name": c.name, "left": c.left, "right": c.right} for c in one.columns]
    return {"kind": one.kind, "key": dict(one.key), "columns": columns}
