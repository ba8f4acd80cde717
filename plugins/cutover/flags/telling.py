"""What the store knows, for people and for programs."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from cutover.flags.flag import Flag, Instance
from cutover.flags.shadows import Mismatch, ShadowCount


def plain(record: Flag | Instance | Mismatch | ShadowCount) -> dict[str, Any]:
    """Return a JSON-safe dict; times in ISO 8601."""
    shown = {each.name: getattr(record, each.name) for each in fields(record)}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in shown.items()}


def sentence(flag: Flag) -> str:
    """Say what a flag is, since when, and who has set it."""
    shadow = f", {flag.shadow:g} % compared" if flag.shadow else ""
    why = f": {flag.note}" if flag.note else ""
    return (
        f"{flag.migration}: {flag}{shadow}, set {flag.changed_at:%Y-%m-%d %H:%M:%S} UTC by"
        f" {flag.changed_by or 'somebody'}{why}"
    )
