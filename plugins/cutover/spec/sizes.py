"""Sizes as people write them, in the units of PostgreSQL: ``500MB``, ``20GB``; 1 kB is 1024 bytes."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

UNITS = {"TB": 2**40, "GB": 2**30, "MB": 2**20, "kB": 2**10}
PATTERN = r"^\d+(?:\.\d+)?(?:kB|MB|GB|TB)$"
_MAX = 2**50


class Bytes(int):
    """A number of bytes; told from other numbers, so that it is written as a size."""


def parse_size(value: Any) -> Bytes:
    """Return the bytes that ``value`` spells; units in any case, as the server reads them.

    :raises ValueError: with what would be right.
    """
    if isinstance(value, Bytes):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise ValueError(f"{value} has no unit; write {value}MB or {value}GB")
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(kb|mb|gb|tb)", value.strip().lower(), re.ASCII) if _is_text(value) else None
    if match is None:
        raise ValueError(f"{value!r} is no size; write for example 500MB, 20GB or 1TB")
    units = {unit.lower(): size for unit, size in UNITS.items()}
    found = float(match[1]) * units[match[2]]
    if found > _MAX:
        raise ValueError(f"{value[:40]!r} is more than 1024TB")
    return Bytes(found)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def format_size(value: int) -> str:
    """Return the shortest spelling that :func:`parse_size` reads back exactly (to the kilobyte)."""
    for unit, size in UNITS.items():
        if value >= size and value % size == 0:
            return f"{value // size}{unit}"
    return f"{value // UNITS['kB']}kB"


def _parse(value: Any) -> Bytes:
    try:
        return parse_size(value)
    except ValueError as error:
        raise PydanticCustomError("size", "{what}", {"what": str(error)}) from None


def at_least(low: str) -> AfterValidator:
    """Return a validator for ``low <= size``."""

    def check(value: int) -> int:
        if value < parse_size(low):
            raise PydanticCustomError("size", "{what}", {"what": f"{format_size(value)} is less than {low}"})
        return value

    return AfterValidator(check)


Size = Annotated[
    int,
    BeforeValidator(_parse),
    PlainSerializer(format_size, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["500MB", "20GB"]}),
]
