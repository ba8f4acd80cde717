"""What a spec may not combine where tables change in place: columns that stand for others, a new name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cutover.spec.durations import parse_duration
from cutover.spec.expanding import columns_of
from cutover.spec.names import split_table
from cutover.spec.problems import Broken
from cutover.spec.sqltree import SqlFault

_SHAPES = ("shapes", "back", "schema")
_WINDOW = "48h"
Path = tuple[str | int, ...]


def elsewhere(data: Mapping[str, Any]) -> Iterator[Broken]:
    """Yield keys of this form in a spec of another strategy."""
    strategy, target = data.get("strategy"), data.get("target")
    if strategy is None or (strategy == "dual_write" and target is None):
        return
    for position, table in _tables(data):
        if table.get("rename") is not None:
            message = "rename belongs to the dual_write strategy, in one database"
            yield Broken(("tables", position, "rename"), message, "remove it, or change the strategy")


def columns(data: Mapping[str, Any]) -> Iterator[Broken]:
    """Yield what cannot be done to tables in place."""
    for key in _SHAPES:
        if data.get(key):
            message = f"tables change in place here, and {key} is for new tables"
            yield Broken((key,), message, "remove it; what is added to a table is told by its alter and columns")
    for position, table in _tables(data):
        yield from _table(data, position, table)


def _table(data: Mapping[str, Any], position: int, table: Mapping[str, Any]) -> Iterator[Broken]:
    path = ("tables", position)
    if table.get("rename") is not None:
        yield from _renamed(path, table)
        return
    forward, back = _expressions(table, "columns"), _expressions(table, "reverse")
    if not forward:
        fix = "write columns: {new_column: expression over the row}, or rename: new_name"
        yield Broken(path, "nothing of this table changes", fix)
    for column in forward.keys() & back.keys():
        message = f"{column} is told both from the old row and from the new one"
        yield Broken((*path, "reverse", column), message, "keep one of the two")
    for key, told in (("columns", forward), ("reverse", back)):
        for column, expression in told.items():
            for other in sorted(_looked_at(expression) & told.keys()):
                message = f"the expression looks at {other}, which is itself told under {key}"
                yield Broken((*path, key, column), message, "look at the columns that are written only")
    if forward and not back:
        yield from _no_way_back(data, path, table)


def _renamed(path: Path, table: Mapping[str, Any]) -> Iterator[Broken]:
    for key in ("columns", "reverse", "alter"):
        if table.get(key):
            message = f"{key} of a table that is renamed"
            yield Broken((*path, key), message, "rename it in a migration of its own")
    if isinstance(table.get("name"), str) and table["rename"] == split_table(table["name"])[1]:
        yield Broken((*path, "rename"), "that is its name already", "write the new one, without a schema")


def _no_way_back(data: Mapping[str, Any], path: Path, table: Mapping[str, Any]) -> Iterator[Broken]:
    left_out, name = data.get("left_out"), table.get("name")
    left = {split_table(each) for each in left_out} if isinstance(left_out, Mapping) else set()
    rollback = data.get("rollback")
    given = rollback.get("window", _WINDOW) if isinstance(rollback, Mapping) else _WINDOW
    try:
        wanted = bool(parse_duration(given))
    except ValueError:
        return  # the model names it
    if wanted and not (isinstance(name, str) and split_table(name) in left):
        message = f"without reverse nothing keeps old columns in step in the window of {given}"
        fix = "tell old columns over the new ones under reverse; or, where there are none, name the table under"
        yield Broken((*path, "reverse"), message, f"{fix} left_out, with the reason")


def _expressions(table: Mapping[str, Any], key: str) -> dict[str, str]:
    told = table.get(key)
    pairs = told.items() if isinstance(told, Mapping) else ()
    return {name: value for name, value in pairs if isinstance(name, str) and isinstance(value, str)}


def _looked_at(expression: str) -> set[str]:
    try:
        return columns_of(expression)
    except SqlFault:
        return set()  # another check names it


def _tables(data: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    tables = data.get("tables")
    for position, table in enumerate(tables if isinstance(tables, list) else []):
        if isinstance(table, Mapping):
            yield position, table
