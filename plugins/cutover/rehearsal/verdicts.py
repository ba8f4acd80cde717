"""What a rehearsal may come to, and how that is said."""

from __future__ import annotations

WORDS = {"go": "go", "no_go": "no-go", "not_rehearsed": "not rehearsed"}


def spoken(verdict: str | None) -> str:
    """Return a verdict in words; of one that is not there yet, that too."""
    return WORDS.get(verdict or "", "still going on")
