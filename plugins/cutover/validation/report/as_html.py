"""The report for people: the verdict first, then what is wrong, then everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cutover.journal.check import Check
from cutover.postgres.rowdiff import RowDiff
from cutover.validation.report.markup import Html, join, tag
from cutover.validation.report.page import whole_page
from cutover.validation.report.sections import check_table, diff_section, figures_section

FACTS = {
    "run_id": "Run",
    "migration": "Migration",
    "strategy": "Strategy",
    "database": "Database",
    "state": "State",
    "reason": "Reason",
    "triggered_by": "Triggered by",
    "rehearsal_of": "Rehearsal of",
    "started_at": "Started",
    "swapped_at": "Cut over",
    "window_ends_at": "Way back open until",
    "ended_at": "Ended",
}


def render_html(
    title: str,
    run: Mapping[str, Any],
    checks: Sequence[Check],
    diffs: Mapping[str, RowDiff],
    *,
    sides: tuple[str, str] = ("live", "new"),
    now: datetime | None = None,
) -> str:
    """Return one HTML page with its style inside; no script, no link, no asset from anywhere.

    :param run: what identifies the run (``Run.as_dict()``); its ``spec`` is left out.
    :param diffs: row diffs by the name of their table.
    :param sides: what the left and the right side of the diffs are called.
    """
    made = (now or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M:%S UTC")
    body = [
        tag("h1", title),
        tag("p", f"Report of {made}", class_="muted"),
        _verdict(checks),
        _facts(run),
        *_failures(checks),
        *(diff_section(name, diff, sides) for name, diff in diffs.items() if not diff.ok),
        tag("h2", "All checks"),
        check_table(checks, "Every check of this run") if checks else tag("p", "No check has been made yet."),
        *(diff_section(name, diff, sides) for name, diff in diffs.items() if diff.ok),
        *figures_section(checks),
    ]
    return whole_page(title, join(body))


def _verdict(checks: Sequence[Check]) -> Html:
    blocking = sum(check.blocks for check in checks)
    others = sum(not check.ok for check in checks) - blocking
    if not checks:
        return tag("p", "! Nothing has been checked yet.", class_="verdict warn", role="status")
    if blocking:
        text = f"✗ Do not cut over: {blocking} of {len(checks)} checks failed."
        return tag("p", text, class_="verdict bad", role="status")
    if others:
        text = f"! Safe to cut over; {others} of {len(checks)} checks gave a warning or a hint."
        return tag("p", text, class_="verdict warn", role="status")
    return tag("p", f"✓ Safe to cut over: all {len(checks)} checks passed.", class_="verdict good", role="status")


def _facts(run: Mapping[str, Any]) -> Html:
    pairs = [(label, run[key]) for key, label in FACTS.items() if run.get(key) not in (None, "")]
    if run.get("dry_run"):
        pairs.append(("Dry run", "yes"))
    return tag("dl", *(join([tag("dt", label), tag("dd", str(text))]) for label, text in pairs))


def _failures(checks: Sequence[Check]) -> list[Html]:
    failed = sorted((c for c in checks if not c.ok), key=lambda c: ("error", "warning", "info").index(c.severity))
    if not failed:
        return []
    return [tag("h2", "What is wrong"), check_table(failed, "Checks that did not pass, the worst first")]
