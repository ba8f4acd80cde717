"""Times and texts as people read them, safe in a Markdown table."""

from __future__ import annotations

from datetime import timedelta

from cutover.postgres.plan.model import Range


def span(seconds: float) -> str:
    """Return ``less than a second``, ``45 s``, ``12 min``, ``3.5 h`` or ``2 days``."""
    if seconds < 1:
        return "less than a second"
    for limit, size, unit in ((100, 1, "s"), (6000, 60, "min"), (200_000, 3600, "h")):
        if seconds < limit:
            value = seconds / size
            return f"{value:.1f} {unit}" if unit == "h" and value < 10 and value % 1 else f"{value:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"


def between(found: Range) -> str:
    """Return ``12 s to 60 s``, or one word where both ends read the same."""
    low, high = span(found.low), span(found.high)
    return low if low == high else f"{low} to {high}"


def milliseconds(value: timedelta) -> str:
    """Return ``500 ms`` or ``3 s``."""
    total = value.total_seconds()
    return f"{total * 1000:.0f} ms" if total < 1 else f"{total:g} s"


def count(number: int) -> str:
    """Return ``1,234,567``."""
    return f"{number:,}"


def cell(text: str) -> str:
    """Make a text safe in a table's cell: no line break, no bar, no HTML."""
    return " ".join(prose(text).split()).replace("|", "\\|")


def prose(text: str) -> str:
    """Make a text safe in Markdown: what looks like HTML is shown, not rendered."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(text: str) -> str:
    """Return a text as inline code, safe in a table's cell; backticks in it are kept."""
    flat = " ".join(text.split()).replace("|", "\\|")
    fence = "``" if "`" in flat else "`"
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def block(text: str, language: str = "sql") -> str:
    """Return a text as a fenced block; a longer fence where the text has one itself."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.strip()}\n{fence}\n"
