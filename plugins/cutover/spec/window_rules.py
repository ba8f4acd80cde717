"""What a spec may not combine where there is a maintenance window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cutover.spec.problems import Broken

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
    for position, hook in enumerate(found if isinstance(found, list) else []):
        if not isinstance(hook, Mapping):
            continue
        given = [key for key in _ACTIONS if hook.get(key) is not None]
        if len(given) != 1:
            what = f"has {' and '.join(given)}" if given else "does nothing"
            yield Broken(("hooks", position), f"a hook {what}", f"give exactly one of {', '.join(_ACTIONS)}")
        if hook.get("expect") is not None and "url" not in given:
            yield Broken(("hooks", position, "expect"), "expect is the answer of a url, and there is none", "remove it")
    if found and data.get("strategy") not in (None, "stop_the_world"):
        message = "hooks belong to a maintenance window, which this strategy has not"
        yield Broken(("hooks",), message, "remove them")
