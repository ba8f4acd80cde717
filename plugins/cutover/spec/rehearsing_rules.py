"""What a spec may not combine where it says how it is rehearsed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cutover.spec.names import split_table
from cutover.spec.problems import Broken

_OWN = ("source", "target", "router")


def rehearse(data: Mapping[str, Any]) -> Iterator[Broken]:
    """Yield stand-ins that are the real thing, and data taken out of what is not a copy."""
    found = data.get("rehearse")
    if not isinstance(found, Mapping):
        return
    yield from _staging(data, found.get("staging"))
    yield from _sensitive(found)


def _staging(data: Mapping[str, Any], staging: Any) -> Iterator[Broken]:
    flags = data.get("flags")
    real = {data.get(key) for key in _OWN} | {flags.get("store") if isinstance(flags, Mapping) else None}
    for conn_id, other in staging.items() if isinstance(staging, Mapping) else ():
        if other in real:
            message = f"{other!r} is used by the migration itself, so a rehearsal would work on it"
            yield Broken(("rehearse", "staging", conn_id), message, "name a connection to staging")


def _sensitive(found: Mapping[str, Any]) -> Iterator[Broken]:
    mask, left_out = found.get("mask"), found.get("leave_out")
    masked = {split_table(name): name for name in mask if isinstance(name, str)} if isinstance(mask, Mapping) else {}
    for position, name in enumerate(left_out if isinstance(left_out, list) else []):
        if isinstance(name, str) and split_table(name) in masked:
            where = ("rehearse", "leave_out", position)
            yield Broken(where, f"{name!r} is masked as well", "remove it from mask or from leave_out")
    for key in ("mask", "leave_out"):
        if found.get("clone") == "none" and found.get(key):
            message = f"{key} changes rows, and with clone: none the staging database is no copy"
            yield Broken(("rehearse", key), message, "use clone: template, or remove it")
