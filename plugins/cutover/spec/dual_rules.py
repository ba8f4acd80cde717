"""What a spec may not combine where the shape of tables changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from cutover.spec import column_rules, pair_rules
from cutover.spec.durations import parse_duration
from cutover.spec.names import split_table
from cutover.spec.problems import Broken

Table = tuple[str, str]
KEYS = ("writer", "shapes", "back", "left_out", "flags", "reads")
_OTHERS = {
    "router": ("the dual_write strategy has no router: a flag says where clients go", "remove router; see flags"),
    "tables": ("a spec has either shapes, which are new tables, or tables that change in place", "keep one of the two"),
    "replication": ("the dual_write strategy has no replication", "remove it"),
}
_WINDOW = "48h"


def elsewhere(data: Mapping[str, Any]) -> Iterator[Broken]:
    """Yield keys of this strategy in a spec of another one."""
    if data.get("strategy") in (None, "dual_write"):
        return
    for key in KEYS:
        if data.get(key) is not None:
            yield Broken((key,), f"{key} belongs to the dual_write strategy", "remove it, or change the strategy")


def dual_write(data: Mapping[str, Any]) -> Iterator[Broken]:
    """Yield what the strategy does not take."""
    yield from _steps(data)
    if data.get("target") is not None:
        yield from pair_rules.databases(data)
        return
    for key, (message, fix) in _OTHERS.items():
        if data.get(key) and (key != "tables" or data.get("shapes")):
            yield Broken((key,), message, fix)
    rollback = data.get("rollback")
    for key in ("old_database", "archive"):
        if isinstance(rollback, Mapping) and rollback.get(key) is not None:
            yield Broken(("rollback", key), f"{key} makes no sense for the dual_write strategy", "remove it")
    schema = data.get("schema")
    if data.get("tables") and not data.get("shapes"):
        yield from column_rules.columns(data)
        return
    missing = [key for key in ("up", "down") if not isinstance(schema, Mapping) or schema.get(key) is None]
    if missing:
        message = f"the dual_write strategy needs {' and '.join(missing)}: up makes the new tables, down drops them"
        yield Broken(("schema",), message, "write schema: {up: up.sql, down: down.sql}")
    if not data.get("shapes"):
        message = "the dual_write strategy needs at least one shape, or tables that change in place"
        yield Broken(("shapes",), message, "tell each new table as a query over old ones under shapes")
    for side, what in (("shapes", "new"), ("back", "old")):
        yield from _side(data, side, what)
    yield from _way_back(data)


def _side(data: Mapping[str, Any], side: str, what: str) -> Iterator[Broken]:
    seen: dict[Table, int] = {}
    for position, table, _ in _told(data, side):
        first = seen.setdefault(table, position)
        if first != position:
            message = f"{_shown(table)} is told twice, first as {side}[{first}]"
            yield Broken((side, position, "name"), message, "tell each table once; UNION ALL merges")
    for position, table, shape in _told(data, side):
        key, queries = shape.get("key"), shape.get("from")
        if isinstance(key, list) and len({str(column) for column in key}) < len(key):
            yield Broken((side, position, "key"), "a column is listed twice", "list each column once")
        if queries == {}:
            message = "from is empty: no write would ever reach the table"
            yield Broken((side, position, "from"), message, "name the tables that its rows are made from")
        origins: set[Table] = set()
        for name in queries if isinstance(queries, Mapping) else ():
            path, origin = (side, position, "from", name), split_table(name)
            if origin in origins:
                yield Broken(path, f"{_shown(origin)} is listed twice", "join both queries by UNION ALL")
            origins.add(origin)
            if origin == table:
                message = f"{_shown(table)} is made from itself"
                yield Broken(path, message, f"give the {what} table a name of its own")
            elif origin in seen:
                message = f"{_shown(origin)} is itself one of the {what} tables: what is derived is not derived from"
                yield Broken(path, message, "name the tables that it is made from")


def _way_back(data: Mapping[str, Any]) -> Iterator[Broken]:
    if not data.get("shapes"):
        return
    if not data.get("back"):
        yield from _no_way_back(data)
        return
    old: dict[Table, tuple[str | int, ...]] = {}
    for position, _, shape in _told(data, "shapes"):
        for name in shape["from"] if isinstance(shape.get("from"), Mapping) else ():
            old.setdefault(split_table(name), ("shapes", position, "from", name))
    told = {table: position for position, table, _ in _told(data, "back")}
    for table, position in told.items():
        if table not in old:
            message = f"no shape is made from {_shown(table)}"
            yield Broken(("back", position, "name"), message, "name it in the from of a shape, or remove it here")
    left_out = data.get("left_out")
    left = {split_table(name) for name in left_out} if isinstance(left_out, Mapping) else set()
    for table, path in old.items():
        if table not in told and table not in left:
            message = f"back does not tell {_shown(table)}: what is written after the cutover would not come back to it"
            yield Broken(path, message, "tell it under back, or say under left_out why not")


def _no_way_back(data: Mapping[str, Any]) -> Iterator[Broken]:
    rollback = data.get("rollback")
    given = rollback.get("window", _WINDOW) if isinstance(rollback, Mapping) else _WINDOW
    try:
        wanted = bool(parse_duration(given))
    except ValueError:
        return  # the model names it
    if wanted:
        message = f"without back nothing keeps the old tables in step in the window of {given}"
        fix = "tell the old tables over the new ones under back; or write rollback: {window: 0s}, where nothing written"
        yield Broken(("back",), message, f"{fix} after the cutover goes back")


def _steps(data: Mapping[str, Any]) -> Iterator[Broken]:
    reads = data.get("reads")
    steps = reads.get("steps") if isinstance(reads, Mapping) else None
    if not isinstance(steps, list) or not steps or not all(type(step) in (int, float) for step in steps):
        return  # the model names it
    fix = "write for example [1, 10, 50, 100]"
    if any(later <= earlier for earlier, later in pairwise(steps)):
        yield Broken(("reads", "steps"), "the steps do not grow: who reads the new side goes on doing so", fix)
    if steps[-1] != 100:
        yield Broken(("reads", "steps"), f"the last step is {steps[-1]:g}, so some would never read the new side", fix)


def _told(data: Mapping[str, Any], side: str) -> Iterator[tuple[int, Table, Mapping[str, Any]]]:
    shapes = data.get(side)
    for position, shape in enumerate(shapes if isinstance(shapes, list) else []):
        if isinstance(shape, Mapping) and isinstance(shape.get("name"), str):
            yield position, split_table(shape["name"]), shape


def _shown(table: Table) -> str:
    return ".".join(table)
