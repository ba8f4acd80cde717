"""What a spec may not combine, by strategy. Looks at the plain data, so it also speaks where other keys are wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cutover.spec import (
    announcing_rules,
    approving_rules,
    column_rules,
    dual_rules,
    observing_rules,
    rehearsing_rules,
    window_rules,
)
from cutover.spec.durations import parse_duration
from cutover.spec.names import split_table
from cutover.spec.problems import Broken


def broken(data: Mapping[str, Any], folder_name: str) -> Iterator[Broken]:
    """Yield every rule that ``data`` breaks."""
    name = data.get("name")
    if isinstance(name, str) and name != folder_name:
        yield Broken(("name",), f"{name!r} is not the folder's name", f"write {folder_name}, or rename the folder")
    strategy = data.get("strategy")
    if strategy == "online":
        yield from _online(data)
    if strategy == "blue_green":
        yield from _blue_green(data)
    if strategy == "stop_the_world":
        yield from window_rules.stop_the_world(data)
    if strategy == "dual_write":
        yield from dual_rules.dual_write(data)
        if data.get("target") is not None:
            yield from _out_of_place(data, _ONLINE_ONLY, "dual_write")
    yield from dual_rules.elsewhere(data)
    yield from column_rules.elsewhere(data)
    yield from window_rules.hooks(data)
    yield from observing_rules.observe(data)
    yield from announcing_rules.announced(data)
    yield from approving_rules.approvals(data)
    yield from _databases(data)
    yield from _tables(data)
    yield from _limits(data)
    yield from rehearsing_rules.rehearse(data)


def _online(data: Mapping[str, Any]) -> Iterator[Broken]:
    for key in ("target", "router"):
        if data.get(key) is not None:
            yield Broken((key,), f"the online strategy stays in one database and has no {key}", f"remove {key}")
    if not data.get("tables"):
        yield Broken(("tables",), "the online strategy needs at least one table", "list what changes under tables")
    schema = data.get("schema")
    if isinstance(schema, Mapping) and schema.get("up") is not None and schema.get("down") is None:
        yield Broken(("schema",), "up has no down, so a rollback would leave things behind", "write schema.down")
    if data.get("replication") is not None:
        yield Broken(("replication",), "the online strategy has no replication", "remove it; see backfill.max_lag")
    rollback = data.get("rollback")
    for key in ("old_database", "archive"):
        if isinstance(rollback, Mapping) and rollback.get(key) is not None:
            message = f"{key} makes no sense for the online strategy"
            yield Broken(("rollback", key), message, "remove it; see old_table of each table")
    yield from _out_of_place(data, _BLUE_GREEN_ONLY, "online")


def _blue_green(data: Mapping[str, Any]) -> Iterator[Broken]:
    for key, what in (("target", "the new database"), ("router", "the PgBouncer console that clients go through")):
        if data.get(key) is None:
            yield Broken((key,), f"the blue_green strategy needs a {key}", f"name the connection id of {what}")
    for key in ("source", "target"):
        if data.get("router") is not None and data.get("router") == data.get(key):
            yield Broken(("router",), f"router and {key} are the same connection", "name the router's console")
    yield from _out_of_place(data, _ONLINE_ONLY, "blue_green")


# What the other strategy's tables may say, and where that belongs instead.
_ONLINE_ONLY = {
    "alter": "move its statements to schema.up: they run on the new database's tables, still empty",
    "key": "remove it: the server itself tells rows apart by the replica identity; without one, see without_key",
    "old_table": "remove it: the whole database is left behind; see rollback.old_database",
}
_BLUE_GREEN_ONLY = {"without_key": "remove it: the online strategy needs a key, see key"}


def _out_of_place(data: Mapping[str, Any], keys: Mapping[str, str], strategy: str) -> Iterator[Broken]:
    tables = data.get("tables")
    for position, table in enumerate(tables if isinstance(tables, list) else []):
        for key, fix in keys.items():
            if isinstance(table, Mapping) and table.get(key) is not None:
                yield Broken(("tables", position, key), f"{key} makes no sense for the {strategy} strategy", fix)


def _databases(data: Mapping[str, Any]) -> Iterator[Broken]:
    if data.get("target") is not None and data.get("target") == data.get("source"):
        yield Broken(("target",), "source and target are the same connection", "name the other database")
    schema = data.get("schema")
    if isinstance(schema, Mapping) and schema.get("down") is not None and schema.get("up") is None:
        yield Broken(("schema",), "down without up: there is nothing to undo", "write schema.up, or remove down")


def _tables(data: Mapping[str, Any]) -> Iterator[Broken]:
    seen: dict[tuple[str, str], int] = {}
    tables = data.get("tables")
    for position, table in enumerate(tables if isinstance(tables, list) else []):
        if not isinstance(table, Mapping):
            continue
        name, key = table.get("name"), table.get("key")
        if isinstance(name, str):
            first = seen.setdefault(split_table(name), position)
            if first != position:
                where = ("tables", position, "name")
                yield Broken(where, f"{name!r} is listed twice, first as tables[{first}]", "list each table once")
        if isinstance(key, list) and len({str(column) for column in key}) < len(key):
            yield Broken(("tables", position, "key"), "a column is listed twice", "list each column once")


def _limits(data: Mapping[str, Any]) -> Iterator[Broken]:
    cutover = data.get("cutover")
    if not isinstance(cutover, Mapping):
        return
    try:
        lock = parse_duration(cutover.get("lock_timeout", "1s"))
        pause = parse_duration(cutover.get("max_pause", "3s"))
    except ValueError:
        return  # the model names it
    if lock > pause:
        key = "lock_timeout" if "lock_timeout" in cutover else "max_pause"
        message = "lock_timeout is longer than max_pause, and clients wait behind that lock"
        yield Broken(("cutover", key), message, "make lock_timeout at most max_pause")
