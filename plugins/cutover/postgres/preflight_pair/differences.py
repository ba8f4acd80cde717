"""What the design asks of a table's rows that blue does not, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight_pair.structure import Constraint, Index, Table


def new_not_null(old: Table, new: Table) -> list[str]:
    """Return columns of both that must have a value in ``new`` only; generated ones have theirs."""
    return [
        column.name
        for column in new.columns
        if column.not_null
        and not column.generated
        and (other := old.column(column.name)) is not None
        and not other.not_null
        and not other.generated
    ]


def new_checks(old: Table, new: Table) -> list[Constraint]:
    """Return the checks of ``new`` that ``old`` does not have, whatever their names."""
    there = {check.expression for check in old.constraints if check.kind == "c"}
    return [check for check in new.constraints if check.kind == "c" and check.expression not in there]


def new_foreign_keys(old: Table, new: Table) -> list[Constraint]:
    """Return the foreign keys of ``new`` that ``old`` does not have."""
    there = {_points(key) for key in old.constraints if key.kind == "f"}
    return [key for key in new.constraints if key.kind == "f" and _points(key) not in there]


def _points(key: Constraint) -> tuple[object, ...]:
    return tuple(key.columns), key.parent_schema, key.parent, tuple(key.parent_columns)


def new_uniques(old: Table, new: Table) -> list[Index]:
    """Return the unique and exclusion indexes of ``new`` that are stricter than all of ``old``."""
    return list(_stricter(old, new))


def _stricter(old: Table, new: Table) -> Iterator[Index]:
    for index in new.indexes:
        if not any(_implies(there, index) for there in old.indexes):
            yield index


def _implies(there: Index, wanted: Index) -> bool:
    """Whether rows that ``there`` lets in cannot break ``wanted``."""
    if there.partial or there.expressions or there.exclusion or wanted.exclusion:
        return _tail(there) == _tail(wanted)
    if wanted.partial or wanted.expressions:
        return _tail(there) == _tail(wanted)
    return there.valid and set(there.columns) <= set(wanted.columns) and bool(there.columns)


def _tail(index: Index) -> str:
    """The definition without names of index and table."""
    return index.definition.partition(" USING ")[2]
