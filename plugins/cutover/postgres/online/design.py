"""What the shadow table shall be when it is finished, and how rows travel: learned once, after ``alter``."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from psycopg import sql

from cutover.postgres.online.mapping import Pair


@dataclass(frozen=True, slots=True)
class Key:
    """The columns that identify a row, in index order, on one side."""

    columns: list[str]
    types: list[str]

    def names(self, prefix: str | None = None) -> sql.Composed:
        """``a, b`` or, with a prefix, ``p.a, p.b``."""
        return sql.SQL(", ").join(sql.Identifier(*([prefix] if prefix else []), name) for name in self.columns)

    def as_k(self) -> sql.Composed:
        """``a AS k1, b AS k2``: how logs and checkpoints name key columns."""
        return sql.SQL(", ").join(
            sql.SQL("{} AS {}").format(sql.Identifier(name), sql.Identifier(f"k{i}"))
            for i, name in enumerate(self.columns, 1)
        )

    def ks(self, prefix: str | None = None) -> sql.Composed:
        """``k1, k2`` or ``p.k1, p.k2``."""
        return sql.SQL(", ").join(
            sql.Identifier(*([prefix] if prefix else []), f"k{i}") for i, _ in enumerate(self.columns, 1)
        )

    def equals_k(self, row: str, keys: str, kinds: list[str]) -> sql.Composed:
        """``row.a = keys.k1 AND ...``, so that an index on ``row`` can serve it.

        :param kinds: the types of ``k1``, ``k2`` ...; a cast is made where the two cannot be compared as they are.
        """
        return sql.SQL(" AND ").join(
            sql.SQL("{} = {}").format(sql.Identifier(row, name), _cast(sql.Identifier(keys, f"k{i}"), kind, own))
            for i, (name, own, kind) in enumerate(zip(self.columns, self.types, kinds, strict=True), 1)
        )


INTEGERS = {"smallint", "integer", "bigint"}


def _cast(value: sql.Composable, kind: str, wanted: str) -> sql.Composable:
    if kind == wanted or {kind, wanted} <= INTEGERS:
        return value  # a key too big for the other side equals none of its rows; a cast would fail on it
    return sql.SQL("CAST({} AS {})").format(value, sql.SQL(wanted))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Design:
    """The finished shadow and the row mappings, JSON-safe.

    :param forward: pairs for the shadow's columns, over an original row; :param reverse: the other way.
    :param indexes: rows of ``online/indexes.sql`` for the shadow after ``alter``, rebuilt after the backfill.
    :param checks: NOT VALID check constraints ``[name, definition]``, put back after the backfill.
    :param new_foreign_keys: foreign keys that ``alter`` added ``[name, definition]``; created in the swap.
    :param dropped_foreign_keys: names of foreign keys that ``alter`` dropped; not created in the swap.
    :param original_foreign_keys: what the original had at the swap, as ``ForeignKey.as_list``.
    :param to_validate: foreign keys that the last exchange added NOT VALID.
    """

    original_key: Key
    shadow_key: Key
    forward: list[Pair]
    reverse: list[Pair]
    indexes: list[dict[str, Any]] = field(default_factory=list)
    checks: list[list[str]] = field(default_factory=list)
    new_foreign_keys: list[list[str]] = field(default_factory=list)
    dropped_foreign_keys: list[str] = field(default_factory=list)
    original_foreign_keys: list[list[Any]] = field(default_factory=list)
    to_validate: list[list[Any]] = field(default_factory=list)

    def key(self, side: str) -> Key:
        return self.original_key if side == "original" else self.shadow_key

    def pairs(self, live: str) -> list[Pair]:
        """The mapping from the live side to its follower."""
        return self.forward if live == "original" else self.reverse

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Design:
        values = {f.name: data[f.name] for f in fields(cls) if f.name in data}
        for name in ("original_key", "shadow_key"):
            values[name] = Key(**values[name])
        for name in ("forward", "reverse"):
            values[name] = [Pair(**pair) for pair in values[name]]
        return cls(**values)
