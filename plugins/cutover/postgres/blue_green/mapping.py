"""How blue's rows become green's, table by table; and everything that stands in the way, said at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cutover.errors import CutoverError
from cutover.postgres.blue_green import obstacles
from cutover.postgres.blue_green.mapped import Table
from cutover.postgres.blue_green.tables import Identity, TableMap
from cutover.spec.models import Migration, TableSpec

NAMED = 12


class MappingRefused(CutoverError):
    """Rows of some tables cannot travel, or could not come back."""

    code = "BGR035"


class TableNotHere(CutoverError):
    """The spec says something of a table that blue does not have."""

    code = "BGR036"


def make(spec: Migration, blue: Sequence[Table], design: Sequence[Table], *, followed: bool = True) -> list[TableMap]:
    """Map every table of blue that holds rows.

    :param blue, design: both sides' tables; the design's stand for green's, with their keys.
    :param followed: rows are to follow after the copy, which takes a key and a log; otherwise all that is asked of
        them is to be copied, and counted as ``followed`` all the same.
    :raises MappingRefused: naming each table and what mends it.
    :raises TableNotHere: naming the spec's tables that blue lacks.
    """
    wishes = {table.qualified: table for table in spec.tables}
    labels = {table.label for table in blue}
    unknown = sorted(set(wishes) - labels)
    if unknown:
        raise TableNotHere(f"blue has no table {', '.join(unknown)}.", fix="correct tables: - name: in migration.yaml.")
    there = {table.label: table for table in design}
    problems: list[str] = []
    found = [_map(table, there, _wish(wishes, table), problems, followed) for table in blue if table.kind == "r"]
    if problems:
        more = f"\n  and {len(problems) - NAMED} more" if len(problems) > NAMED else ""
        listed = "".join(f"\n  {problem}" for problem in problems[:NAMED])
        raise MappingRefused(
            f"{len(problems)} things stand in the way of rows:{listed}{more}", fix="as said for each of them."
        )
    return found


def _wish(wishes: Mapping[str, TableSpec], table: Table) -> TableSpec | None:
    """What the spec says of the table, or of the partitioned table that it is a part of."""
    return next((wishes[label] for label in (table.label, *table.parents) if label in wishes), None)


def _map(
    blue: Table, there: Mapping[str, Table], wish: TableSpec | None, problems: list[str], follow: bool
) -> TableMap:
    own = [column.name for column in blue.columns if not column.generated]
    green = there.get(blue.label)
    if green is None:
        if any(parent in there for parent in blue.parents):
            problems.append(
                f"{blue.label}: green has no such partition, so its rows have nowhere to go: keep the partitions as"
                " they are in schema: up, and change them after the cutover."
            )
        return TableMap(blue.schema, blue.table, columns=tuple(own), followed=False, on_green=False)
    forward, back = (dict(wish.columns), dict(wish.reverse)) if wish else ({}, {})
    without = wish.without_key if wish else None
    logged = blue.persistence == green.persistence == "p"
    followed = logged and without != "ignore"
    identity, key = _identity(blue, green, without, followed and follow, problems)
    table = TableMap(
        blue.schema,
        blue.table,
        key=key,
        identity=identity,
        columns=tuple(own),
        shared=_shared(blue, green, forward, back),
        forward=forward,
        back=back,
        followed=followed or not follow,
    )
    problems += obstacles.find(table, blue, green, followed=follow)
    types = {name: _type(green, name) for name in dict.fromkeys((*table.shared, *forward))}
    return replace(table, types=types)


def _shared(blue: Table, green: Table, forward: Mapping[str, str], back: Mapping[str, str]) -> tuple[str, ...]:
    """Columns that travel both ways: those of both sides, but no generated ones.

    A computed column of the same name travels as well, and the computed value takes its place on arrival; where the
    types differ it cannot.
    """
    found = []
    for column in blue.columns:
        across = green.column(column.name)
        if across is None or column.generated or across.generated:
            continue
        if column.type != across.type and (column.name in forward or column.name in back):
            continue
        found.append(column.name)
    return tuple(found)


def _identity(
    blue: Table, green: Table, without: str | None, followed: bool, problems: list[str]
) -> tuple[Identity, tuple[str, ...]]:
    """How rows are told apart while they follow, and by which columns they are compared."""
    known = tuple(blue.primary_key or blue.chosen_key or ())
    across = set(green.primary_key or green.chosen_key or ())
    comparable = known if set(known) == across else ()
    if not followed:
        return "none", comparable
    if without == "full" or blue.identity == "f":
        return "full", comparable
    if not blue.key:
        problems.append(
            f"{blue.label}: no follower can tell its rows apart ({_why(blue)}): give it a primary key, or say"
            f" tables: [{{name: {blue.label}, without_key: full}}] (or ignore)."
        )
        return "none", comparable
    if set(blue.key) != set(green.key):
        problems.append(
            f"{blue.label}: its rows are known by ({', '.join(blue.key)}) on blue and by"
            f" ({', '.join(green.key) or 'nothing'}) on green: leave the key as it is in schema: up."
        )
    return ("index" if blue.identity == "i" else "default"), blue.key


def _why(blue: Table) -> str:
    if blue.identity == "n":
        return "REPLICA IDENTITY NOTHING"
    return "its replica identity index is gone or not valid" if blue.identity == "i" else "no usable primary key"


def _type(green: Table, name: str) -> str:
    column = green.column(name)
    return column.type if column else ""
