"""What has changed since the rehearsal before: in the spec, in the verdict, and in figures beyond their noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cutover.journal.records import Rehearsal
from cutover.messages.words import span, volume
from cutover.rehearsal.verdicts import spoken

# A change is told where it is larger than this share, and than this much.
NOISE = {"seconds": (0.25, 5.0), "back_seconds": (0.25, 5.0), "pause_ms": (0.5, 50.0), "downtime_s": (0.25, 2.0)}
NAMES = {
    "seconds": "time there",
    "back_seconds": "time back",
    "pause_ms": "pause",
    "downtime_s": "downtime",
}


def since(before: Rehearsal | None, now: Rehearsal, verdict: str, figures: Mapping[str, Any]) -> list[str]:
    """Return one line for each change; a migration that was never rehearsed before says just that."""
    if before is None:
        return ["rehearsed for the first time"]
    return [*_verdict(before, verdict), *_spec(before.spec, now.spec), *_figures(before.figures, figures)]


def _verdict(before: Rehearsal, verdict: str) -> Iterator[str]:
    if before.verdict and before.verdict != verdict:
        yield f"was {spoken(before.verdict)} on {before.started_at:%Y-%m-%d}, is {spoken(verdict)}"


def _spec(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    keys = [key for key in sorted({*before, *now} - {"folder", "files"}) if before.get(key) != now.get(key)]
    one, other = before.get("files") or {}, now.get("files") or {}
    files = [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]
    if keys or files:
        yield f"the spec has changed: {', '.join([*keys, *files])}"


def _figures(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    old, new = _first(before), _first(now)
    for name, (share, least) in NOISE.items():
        one, other = old.get(name), new.get(name)
        if one is None or other is None or abs(other - one) <= max(share * one, least):
            continue
        unit = 0.001 if name.endswith("_ms") else 1
        yield f"{NAMES[name]}: {span(one * unit)} before, {span(other * unit)} now"
    yield from _size(before.get("bytes"), now.get("bytes"))
    for words, known, there in (("new", old, new), ("gone", new, old)):
        for risk in [each for each in there.get("risks") or [] if each not in (known.get("risks") or [])]:
            yield f"{words}: {risk}"


def _first(figures: Mapping[str, Any]) -> Mapping[str, Any]:
    return next(iter(figures.get("runs") or []), {})


def _size(one: int | None, other: int | None) -> Iterator[str]:
    if one and other and abs(other - one) > 0.1 * one:
        yield f"size: {volume(one)} before, {volume(other)} now"
