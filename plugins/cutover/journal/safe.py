"""What may be written: JSON that comes back unchanged, text that Postgres takes, and no passwords."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from cutover.journal.errors import NotJsonSafe

# Drivers and tools put whole connection strings into their messages.
_URL_LOGIN = re.compile(r"(?P<scheme>[a-zA-Z][\w+.-]*://[^\s:/@'\"]*):[^\s@'\"]+@")
_KEYWORD = re.compile(
    r"(?i)\b(?P<key>(?:ssl)?password|passwd|pwd|secret|token)(?P<gap>\s*=\s*)(?:'[^']*'|\"[^\"]*\"|[^\s,;'\"]+)"
)


def scrubbed(text: str) -> str:
    """Return ``text`` without passwords, NUL bytes and lone surrogates."""
    text = _URL_LOGIN.sub(r"\g<scheme>:***@", text)
    text = _KEYWORD.sub(r"\g<key>\g<gap>***", text)
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")


def json_safe(value: Any, what: str) -> Jsonb:
    """Wrap ``value`` for a jsonb column.

    Floats beyond 2**53 come back as whole numbers of the same decimal digits.

    :param what: names the data in the error (``"event 'paused'"``).
    :raises NotJsonSafe: with the path to the first thing that JSON or jsonb would lose or refuse.
    """
    _check(value, what, "$")
    return Jsonb(value)


def _check(value: Any, what: str, path: str) -> None:
    if value is None or isinstance(value, (bool, int)):
        return
    if isinstance(value, str):
        _check_text(value, what, path)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise NotJsonSafe(
                f"{what}: {path} is {value}, which JSON cannot carry.", fix="send None or a text instead."
            )
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotJsonSafe(f"{what}: {path} has the key {key!r}, which is no text.", fix=f"use str({key!r}).")
            _check_text(key, what, path)
            _check(item, what, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for position, item in enumerate(value):
            _check(item, what, f"{path}[{position}]")
    else:
        raise NotJsonSafe(
            f"{what}: {path} is a {type(value).__name__}, which JSON cannot carry.",
            fix="send numbers, texts, booleans, None, lists and dicts; a time as isoformat(), a Decimal as text.",
        )


def _check_text(value: str, what: str, path: str) -> None:
    if "\x00" in value:
        raise NotJsonSafe(f"{what}: the text at {path} has a NUL character.", fix="remove it; jsonb refuses it.")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise NotJsonSafe(f"{what}: the text at {path} has a lone surrogate.", fix="decode the bytes as UTF-8.")
