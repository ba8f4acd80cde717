"""What a spec may not combine where it says how a run is looked after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cutover.spec import window_rules
from cutover.spec.durations import parse_duration
from cutover.spec.problems import Broken

DEFAULTS = {"warn_after": "3m", "roll_back_after": "8m"}


def observe(data: Mapping[str, Any]) -> Iterator[Broken]:
    """Yield probes that do nothing or several things, names that are there twice, and times in the wrong order."""
    found = data.get("observe")
    if not isinstance(found, Mapping):
        return
    yield from window_rules.actions(("observe", "probes"), found.get("probes"), "probe")
    for key in ("probes", "queries"):
        yield from _twins(key, found.get(key))
    yield from _order(found)


def _twins(key: str, listed: Any) -> Iterator[Broken]:
    """Each is told by its name over time, so no two may share one."""
    seen: dict[str, int] = {}
    for position, item in enumerate(listed if isinstance(listed, list) else []):
        name = _name(item) if isinstance(item, Mapping) else None
        if name is None:
            continue
        first = seen.setdefault(name, position)
        if first != position:
            message = f"{name!r} is there twice, first as {key}[{first}]"
            yield Broken(("observe", key, position), message, "give it a name of its own: name: ...")


def _name(item: Mapping[str, Any]) -> str | None:
    command = item.get("command")
    told = " ".join(map(str, command)) if isinstance(command, list) else None
    found = item.get("name") or told or item.get("url") or item.get("connection")
    return str(found) if found else None


def _order(found: Mapping[str, Any]) -> Iterator[Broken]:
    try:
        warn, back = (parse_duration(found.get(key, preset)) for key, preset in DEFAULTS.items())
    except ValueError:
        return  # the model names it
    if back < warn:
        key = next(key for key in ("roll_back_after", "warn_after") if key in found)
        message = "roll_back_after is shorter than warn_after, so nobody would be warned before"
        yield Broken(("observe", key), message, "make roll_back_after at least warn_after")
