"""What a spec may not combine where there is a maintenance window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cutover.spec.problems import Broken, Path

_ACTIONS = ("command", "url", "connection")
_TABLE_KEYS = {
    "alter": "move its statements to schema.up",
    "key": "remove it",
    "old_table": "remove it: what comes after the window is the database as it is",
    "without_key": "remove it: nothing is replicated",
}


def stop_the_world(data: Mapping[str, Any]) -> Iterator[Broken]:
    """Yield what the strategy does not take."""
    schema = data.get("schema")
    up = schema.get("up") if isinstance(schema, Mapping) else None
    across = data.get("target") is not None
    if not across and up is None:
        message = "without a target the migration runs in place, and there is no SQL to run"
        yield Broken(("schema",), message, "write schema.up, or name a target")
    if data.get("replication") is not None:
        yield Broken(("replication",), "nothing is replicated in a maintenance window", "remove it")
    for key in ("source", "target"):
        if data.get("router") is not None and data.get("router") == data.get(key):
            yield Broken(("router",), f"router and {key} are the same connection", "name the router's console")
    yield from _tables(data, across=across)


def _tables(data: Mapping[str, Any], *, across: bool) -> Iterator[Broken]:
    tables = data.get("tables")
    for position, table in enumerate(tables if isinstance(tables, list) else []):
        if not isinstance(table, Mapping):
            continue
        for key, fix in _TABLE_KEYS.items():
            if table.get(key) is not None:
                message = f"{key} makes no sense for the stop_the_world strategy"
                yield Broken(("tables", position, key), message, fix)
        for key in ("columns", "reverse"):
            if not across and table.get(key) is not None:
                message = f"{key} belongs to a copy into another database, and there is no target"
                yield Broken(("tables", position, key), message, "compute it in schema.up")


def hooks(data: Mapping[str, Any]) -> Iterator[Broken]:
    """Yield hooks that do nothing, or several things."""
    found = data.get("hooks")
    yield from actions(("hooks",), found, "hook")
    if found and data.get("strategy") not in (None, "stop_the_world"):
        message = "hooks belong to a maintenance window, which this strategy has not"
        yield Broken(("hooks",), message, "remove them")


def actions(path: Path, found: Any, what: str) -> Iterator[Broken]:
    """Yield those of a list that do nothing, or several things.

    :param what: what one of them is called.
    """
    for position, action in enumerate(found if isinstance(found, list) else []):
        if not isinstance(action, Mapping):
            continue
        given = [key for key in _ACTIONS if action.get(key) is not None]
        if len(given) != 1:
            does = f"has {' and '.join(given)}" if given else "does nothing"
            yield Broken((*path, position), f"a {what} {does}", f"give exactly one of {', '.join(_ACTIONS)}")
        if action.get("expect") is not None and "url" not in given:
            message = "expect is the answer of a url, and there is none"
            yield Broken((*path, position, "expect"), message, "remove it")
