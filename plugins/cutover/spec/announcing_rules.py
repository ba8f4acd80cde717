"""What `announce` may not combine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cutover.spec.problems import Broken, Path

BEFORE = ("before_24h", "before_2h")


def announced(data: Mapping[str, Any]) -> Iterator[Broken]:
    """Yield audiences that could not be told, or would be told the wrong things."""
    announce = data.get("announce")
    audiences = announce.get("audiences") if isinstance(announce, Mapping) else None
    if not isinstance(announce, Mapping) or not isinstance(audiences, Mapping):
        return
    places: dict[tuple[Any, Any], str] = {}
    for name, audience in audiences.items():
        if not isinstance(audience, Mapping):
            continue
        path = ("announce", "audiences", str(name))
        place = (audience.get("connection"), audience.get("channel"))
        if place == (None, None):
            yield Broken(path, f"{name} have no channel", "name a channel, or a connection with one of its own")
        elif places.setdefault(place, name) != name:
            message = f"{name} and {places[place]} share one channel, and would read two texts for everything"
            yield Broken(path, message, "give each its own, or name one of them only")
        if name == "end_users" and audience.get("service") is None:
            message = "end users are told in plain words, and there is none for what they use"
            yield Broken(path, message, "add service: what they know it by (the shop)")
        yield from _moments(path, audience.get("moments"), planned=announce.get("window_start") is not None)


def _moments(path: Path, moments: Any, *, planned: bool) -> Iterator[Broken]:
    seen = set()
    for position, moment in enumerate(moments if isinstance(moments, list) else []):
        where: Path = (*path, "moments", position)
        if moment in BEFORE and not planned:
            message = f"{moment} counts back from window_start, and there is none"
            yield Broken(where, message, "say when it begins: announce.window_start")
        if str(moment) in seen:
            yield Broken(where, f"{moment} is listed twice", "list each moment once")
        seen.add(str(moment))
