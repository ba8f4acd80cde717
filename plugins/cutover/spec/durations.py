"""Durations as people write them: ``500ms``, ``5s``, ``1h30m``, ``2d``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
PATTERN = r"^(?:\d+(?:\.\d+)?(?:ms|d|h|m|s))+$"
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|d|h|m|s)")
_MAX = timedelta(days=3650)


def parse_duration(value: Any) -> timedelta:
    """Return the duration that ``value`` spells.

    :raises ValueError: with what would be right.
    """
    if isinstance(value, timedelta):
        found = value
    elif value == 0 and not isinstance(value, bool):
        found = timedelta(0)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        raise ValueError(f"{value} has no unit; write {value}s, {value}m or {value}ms")
    elif isinstance(value, str) and value.strip().startswith("-"):
        raise ValueError(f"{value!r} is negative")
    elif isinstance(value, str) and re.fullmatch(PATTERN, value.strip(), re.ASCII):
        found = _sum(value.strip())
    else:
        raise ValueError(f"{value!r} is no duration; write for example 500ms, 5s, 10m, 48h or 2d")
    if found < timedelta(0):
        raise ValueError(f"{value} is negative")
    if found > _MAX:
        raise ValueError(f"{value} is longer than ten years")
    return found


def _sum(text: str) -> timedelta:
    try:
        return sum((float(number) * UNITS[unit] for number, unit in _PART.findall(text)), timedelta(0))
    except OverflowError:
        raise ValueError(f"{text[:40]!r} is longer than ten years") from None


def format_duration(value: timedelta) -> str:
    """Return the shortest spelling that :func:`parse_duration` reads back exactly (to the millisecond)."""
    rest, parts = value, []
    for unit, size in UNITS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _parse(value: Any) -> timedelta:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise PydanticCustomError("duration", "{what}", {"what": str(error)}) from None


def within(low: timedelta, high: timedelta) -> AfterValidator:
    """Return a validator for ``low <= duration <= high``."""

    def check(value: timedelta) -> timedelta:
        if not low <= value <= high:
            bounds = f"{format_duration(low)} to {format_duration(high)}"
            raise PydanticCustomError(
                "duration", "{what}", {"what": f"{format_duration(value)} is not within {bounds}"}
            )
        return value

    return AfterValidator(check)


Duration = Annotated[
    timedelta,
    BeforeValidator(_parse),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["500ms", "5s", "10m", "48h", "2d"]}),
]


def _parse_or_never(value: Any) -> timedelta | Literal["never"]:
    if value == "never":
        return "never"
    return _parse(value)


def _never_as_text(value: timedelta | Literal["never"]) -> str:
    return value if isinstance(value, str) else format_duration(value)


NeverOrDuration = Annotated[
    timedelta | Literal["never"],
    BeforeValidator(_parse_or_never),
    PlainSerializer(_never_as_text, return_type=str),
    WithJsonSchema({"anyOf": [{"const": "never"}, {"type": "string", "pattern": PATTERN}]}),
]
