"""What a night is called: in the journal it is a run of its own, of no migration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cutover.journal.records import Rehearsal
from cutover.rehearsal import report
from cutover.rehearsal.verdicts import spoken

DAG = "nightly_dry_run"
STRATEGY = "rehearsal"
TITLE = "Nightly dry run"
SIGNS = {"go": ":white_check_mark:", "no_go": ":x:", "not_rehearsed": ":white_circle:"}
LONGEST = 160


def told(rehearsals: Sequence[Rehearsal], seconds: float, left: Sequence[str], link: str | None) -> dict[str, Any]:
    """Return what the night's message says, JSON-safe: see ``include/messages/night.md``."""
    return {
        "headline": report.headline(rehearsals),
        "rows": [{**row(one), "reason": _first(one.reasons)} for one in rehearsals],
        "seconds": round(seconds, 1),
        "left": "; ".join(left),
        "link": link,
    }


def row(one: Rehearsal) -> dict[str, Any]:
    """Return what is said of one rehearsal: see ``include/messages/rehearsed.md``."""
    runs = one.figures.get("runs") or []
    verdict = str(one.verdict)
    return {
        "mark": SIGNS.get(verdict, ":grey_question:"),
        "migration": one.migration,
        "title": one.title,
        "strategy": one.strategy.replace("_", "-"),
        "verdict": spoken(one.verdict),
        "figures": _figures(one),
        "reasons": list(one.reasons),
        "measured": report.measured(one),
        "changes": list(one.figures.get("changes") or []),
        "risks": list(runs[0]["risks"]) if runs else [],
    }


def _figures(one: Rehearsal) -> str:
    cells = report.row(one)
    named = {"there ": cells[3], "back ": cells[4], "": cells[5], "forecast ": cells[7]}
    return ", ".join(name + text for name, text in named.items() if text.strip("- "))


def _first(reasons: Sequence[str]) -> str | None:
    if not reasons:
        return None
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    first = reasons[0] if len(reasons[0]) <= LONGEST else reasons[0][: LONGEST - 1] + "\u2026"
    return first + more
