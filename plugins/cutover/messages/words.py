"""Numbers, spans and states as people say them."""

from __future__ import annotations

from datetime import datetime, timedelta

BAR_CELLS = 20

# state -> (mark, words). The marks are Slack's names for them, which other channels show as text.
STATES: dict[str, tuple[str, str]] = {
    "preparing": (":memo:", "Preparing"),
    "building": (":building_construction:", "Building the new side"),
    "filling": (":truck:", "Copying"),
    "catching_up": (":runner:", "Catching up"),
    "verifying": (":mag:", "Verifying"),
    "cutting_over": (":twisted_rightwards_arrows:", "Cutting over"),
    "watching": (":eyes:", "Cut over, watching"),
    "window": (":white_check_mark:", "Cut over"),
    "rolling_back": (":rewind:", "Rolling back"),
    "rolled_back": (":leftwards_arrow_with_hook:", "Rolled back"),
    "failed": (":x:", "Failed"),
    "finalizing": (":broom:", "Finalizing"),
    "finalized": (":checkered_flag:", "Finalized"),
    "aborted": (":no_entry:", "Aborted"),
}


def state(name: str) -> str:
    """Return the words for a state; an unknown one is shown as it is."""
    return STATES.get(name, ("", name.replace("_", " ").capitalize()))[1]


def mark(name: str) -> str:
    """Return the sign that goes before a state."""
    return STATES.get(name, (":grey_question:", ""))[0]


def number(value: float) -> str:
    """Return ``1234567`` as ``1,234,567``."""
    return f"{value:,.0f}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """Return ``1 check`` or ``3 checks``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def span(seconds: float) -> str:
    """Return seconds as ``48 ms``, ``12 s``, ``3 min 20 s``, ``2 h 5 min`` or ``2 d 3 h``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for unit, size, smaller, part in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit} {rest} {smaller}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"


def volume(size: float) -> str:
    """Return bytes as ``812 bytes``, ``3.2 MB`` or ``1.4 TB``, units of 1024 as PostgreSQL has them."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:,.1f} TB"


def moment(value: datetime | None) -> str:
    """Return a time to the minute, in UTC."""
    return f"{value:%Y-%m-%d %H:%M} UTC" if value else "-"


def day(value: datetime | None) -> str:
    """Return a time as people put it into their calendars: ``Sunday 6 December 2026, 02:00 UTC``."""
    return f"{value:%A} {value.day} {value:%B %Y, %H:%M} UTC" if value else "-"


def about(seconds: float) -> str:
    """Return seconds as people say them: ``3 days``, ``24 hours``, ``50 minutes``; exact below a minute."""
    if 0 < seconds < 1:
        return span(seconds)
    for unit, size, least in (("day", 86400, 2 * 86400), ("hour", 3600, 5400), ("minute", 60, 60)):
        if seconds >= least * 0.99:
            count = round(seconds / size)
            count = round(count / 5) * 5 if unit == "minute" and count > 10 else count
            count, unit = (1, "hour") if (count, unit) == (60, "minute") else (count, unit)
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"{max(round(seconds), 0)} seconds"


def sentence(text: str) -> str:
    """Return ``text`` as a sentence begins: with a capital letter."""
    return text[:1].upper() + text[1:]


def between(start: datetime, end: datetime) -> str:
    """Return how long it was from ``start`` to ``end``."""
    return span(max((end - start) / timedelta(seconds=1), 0.0))


def bar(share: float) -> str:
    """Return ``share`` (0 to 1) as a bar of text."""
    full = round(min(max(share, 0.0), 1.0) * BAR_CELLS)
    return "\u2588" * full + "\u2591" * (BAR_CELLS - full)
