"""What a spec may not combine where applications are led from one database to another by a flag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cutover.spec.problems import Broken

_OTHERS = {
    "router": ("a flag says which database applications write, so there is no router", "remove router; see flags"),
    "shapes": (
        "shapes are told in one database, and replication carries tables as they are",
        "remove shapes, or remove target",
    ),
    "back": ("back belongs to shapes in one database; replication carries rows back by itself", "remove back"),
    "left_out": ("left_out belongs to shapes in one database", "remove it; see without_key: ignore of each table"),
}


def databases(data: Mapping[str, Any]) -> Iterator[Broken]:
    """Yield what the dual_write strategy does not take where it has a target."""
    for key, (message, fix) in _OTHERS.items():
        if data.get(key):
            yield Broken((key,), message, fix)
    if data.get("writer") == "application":
        message = "with a target the application writes one side, and replication the other one"
        yield Broken(("writer",), message, "remove writer")
    replication = data.get("replication")
    if isinstance(replication, Mapping) and replication.get("both_ways"):
        message = "with a flag one side is written at a time, so both_ways makes no sense"
        yield Broken(("replication", "both_ways"), message, "remove it")
    yield from _store(data)


def _store(data: Mapping[str, Any]) -> Iterator[Broken]:
    """The flag outlives both databases: finalizing archives or drops the one, a rollback empties the other."""
    flags = data.get("flags")
    store = flags.get("store") if isinstance(flags, Mapping) else None
    fix = "name the connection id of a database that outlives both: flags: {store: flags_db}"
    if store is None:
        message = "with a target the store of flags has to be named: finalizing archives or drops the source"
        yield Broken(("flags",), message, fix)
    for key, what in (("source", "finalizing archives or drops"), ("target", "a rollback empties")):
        if store is not None and store == data.get(key):
            yield Broken(("flags", "store"), f"the store of flags is the {key}, which {what}", fix)
