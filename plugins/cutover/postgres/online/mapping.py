"""How a row of one side becomes a row of the other: a column list with an expression each, both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from cutover.errors import CutoverError


class MappingError(CutoverError):
    """A column cannot be filled on the other side, or could not be filled on the way back."""

    code = "ONL010"


@dataclass(frozen=True, slots=True)
class Column:
    """One column as the catalog describes it."""

    attnum: int
    name: str
    type: str
    bare_type: str
    not_null: bool
    identity: str
    generated: str
    default: str | None

    @property
    def fills_itself(self) -> bool:
        return bool(self.default or self.identity)


@dataclass(frozen=True, slots=True)
class Pair:
    """One column of the follower and where its value comes from.

    :param kind: ``copy`` (same type), ``cast`` (other type), ``expression`` (the spec's), ``keep`` (no source:
        an existing value stays, a new row gets the default) or ``default`` (new column without a source).
    :param source: the live column for ``copy`` and ``cast``, the expression for ``expression``.
    """

    column: str
    type: str
    kind: str
    source: str | None = None
    source_type: str | None = None
    default: str | None = None

    @property
    def filled(self) -> bool:
        return self.kind in ("copy", "cast", "expression")

    def value(self) -> sql.Composable:
        """The SQL that yields the value, over the live row."""
        if self.kind == "expression":
            return sql.SQL("({})").format(sql.SQL(self.source or ""))  # type: ignore[arg-type]
        return sql.Identifier(self.source or "")


@dataclass(frozen=True, slots=True)
class Origin:
    """Which original column a shadow column was made from, by attribute number: a rename keeps it."""

    by_attnum: Mapping[int, str]

    def of(self, column: Column, originals: Mapping[str, Column]) -> str | None:
        name = self.by_attnum.get(column.attnum)
        if name is None and column.name in originals:
            return column.name  # dropped and added again under the same name
        return name


def forward(
    original: Sequence[Column], shadow: Sequence[Column], origin: Origin, expressions: Mapping[str, str]
) -> list[Pair]:
    """Return a pair for each shadow column that is not generated.

    :raises MappingError: an expression names no column, or a NOT NULL column would stay empty.
    """
    _known(expressions, shadow, "columns", "the shadow table")
    by_name = {column.name: column for column in original}
    return [_forward_pair(column, by_name, origin, expressions) for column in shadow if not column.generated]


def _forward_pair(
    column: Column, by_name: Mapping[str, Column], origin: Origin, expressions: Mapping[str, str]
) -> Pair:
    if column.name in expressions:
        return Pair(column.name, column.type, "expression", expressions[column.name])
    source = by_name.get(origin.of(column, by_name) or "")
    if source:
        kind = "copy" if source.type == column.type else "cast"
        return Pair(column.name, column.type, kind, source.name, source.type)
    if column.not_null and not column.fills_itself:
        raise MappingError(
            f"new column {column.name!r} is NOT NULL, has no default and no expression to fill it from.",
            fix=f'give it one in migration.yaml: columns: {{{column.name}: "<expression over the old row>"}}',
        )
    return Pair(column.name, column.type, "default", default=column.default)


def reverse(
    original: Sequence[Column],
    shadow: Sequence[Column],
    origin: Origin,
    ways: tuple[Mapping[str, str], Mapping[str, str]],
) -> list[Pair]:
    """Return a pair for each original column that is not generated.

    :param ways: the spec's ``columns`` and ``reverse`` expressions.
    :raises MappingError: a column has no way back.
    """
    expressions, back = ways
    _known(back, original, "reverse", "the original table")
    by_name = {column.name: column for column in original}
    carriers = {
        name: column
        for column in shadow
        if not column.generated and (name := origin.of(column, by_name)) and column.name not in expressions
    }
    changed = {name for column in shadow if (name := origin.of(column, by_name)) and column.name in expressions}
    return [_reverse_pair(column, carriers, changed, back) for column in original if not column.generated]


def _reverse_pair(column: Column, carriers: Mapping[str, Column], changed: set[str], back: Mapping[str, str]) -> Pair:
    if column.name in back:
        return Pair(column.name, column.type, "expression", back[column.name])
    carrier = carriers.get(column.name)
    if carrier:
        kind = "copy" if carrier.type == column.type else "cast"
        return Pair(column.name, column.type, kind, carrier.name, carrier.type)
    hint = f'migration.yaml: reverse: {{{column.name}: "<expression over the new row>"}}'
    if column.name in changed:
        raise MappingError(f"column {column.name!r} is computed on the new side and has no way back.", fix=hint)
    if column.not_null and not column.fills_itself:
        raise MappingError(
            f"column {column.name!r} is dropped, but NOT NULL without default: rows written after the swap could"
            " not come back.",
            fix=hint,
        )
    return Pair(column.name, column.type, "keep", default=column.default)


def _known(expressions: Mapping[str, str], columns: Sequence[Column], key: str, where: str) -> None:
    names = {column.name: column for column in columns}
    for name in expressions:
        if name not in names:
            raise MappingError(f"{key}: {where} has no column {name!r}.", fix=f"one of: {', '.join(sorted(names))}")
        if names[name].generated:
            raise MappingError(f"{key}: column {name!r} is generated, it fills itself.", fix=f"remove it from {key}.")
