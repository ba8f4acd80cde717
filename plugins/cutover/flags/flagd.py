"""Flags as the ecosystem's clients understand them: flagd's definition format, for OpenFeature's flagd provider.

Source: https://flagd.dev/reference/flag-definitions/ (schema v0). For each migration three flags: ``<name>.mode`` (a
string), ``<name>.read-new`` and ``<name>.shadow`` (booleans, by share of targeting keys). Clients of this kind hold no
lease and acknowledge nothing: for phases that wait for every instance, the reference client is needed, or an operator's
word.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cutover.flags.flag import Flag
from cutover.flags.mode import MODES, Mode

SCHEMA = "https://flagd.dev/schema/v0/flags.json"


def definitions(flags: Iterable[Flag]) -> dict[str, Any]:
    """Return flagd's document, JSON-safe."""
    found: dict[str, Any] = {}
    for flag in flags:
        metadata = {"version": str(flag.version), "changed_at": flag.changed_at.isoformat()}
        found[f"{flag.migration}.mode"] = {
            "state": "ENABLED",
            "variants": {str(mode): str(mode) for mode in MODES},
            "defaultVariant": str(flag.mode),
            "metadata": metadata,
        }
        found[f"{flag.migration}.read-new"] = _share(_read_new(flag), metadata)
        found[f"{flag.migration}.shadow"] = _share(flag.shadow, metadata)
    return {"$schema": SCHEMA, "flags": found}


def _read_new(flag: Flag) -> float:
    return {Mode.NEW_ONLY: 100.0, Mode.DUAL_WRITE_READ_NEW: flag.read_new}.get(flag.mode, 0.0)


def _share(percent: float, metadata: dict[str, str]) -> dict[str, Any]:
    """A share in between is a fractional rule; its weights are whole numbers, so hundredths of a percent."""
    weight = round(percent * 100)
    body: dict[str, Any] = {
        "state": "ENABLED",
        "variants": {"on": True, "off": False},
        "defaultVariant": "on" if weight >= 10_000 else "off",
        "metadata": metadata,
    }
    if 0 < weight < 10_000:
        body["targeting"] = {"fractional": [["on", weight], ["off", 10_000 - weight]]}
    return body
