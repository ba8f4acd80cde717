"""What was observed while the run went on: lag over time, and the checks with their figures."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from cutover.journal.check import Check
from cutover.journal.records import Sample
from cutover.messages import words
from cutover.messages.words import plural
from cutover.runbook import verdicts
from cutover.runbook.figures import lag
from cutover.runbook.page import Block, Code, Paragraph, Section, Strong, Table, Text
from cutover.runbook.story import Story
from cutover.runbook.words import since

MARKS = {"error": "✗ failed", "warning": "! warning", "info": "i hint"}
FIGURES = 6


def lags(story: Story) -> Section:
    """Return what was measured again and again."""
    rows = tuple(_series(story, name, samples) for name, samples in lag(story))
    head = ("What", "Looked at", "Seconds: typical", "Seconds: worst", "Bytes: worst", "Worst at")
    blocks: tuple[Block, ...] = (Table("Measurements over time", head, rows),)
    return Section("Observations", blocks if rows else (Paragraph("Nothing was measured over time."),))


def checks(story: Story) -> Section:
    """Return all checks with the figures that tell most."""
    if not story.checks:
        return Section("Checks", (Paragraph("No check has been made."),))
    found = verdicts.seen(story.checks)
    failed = sum(one.trouble is not None and one.trouble.blocks for one in found)
    warned = sum(one.trouble is not None for one in found) - failed
    parts = [plural(len(found), "check"), plural(len(story.checks), "verdict"), f"{failed} failed", f"{warned} warned"]
    rows = tuple(_check(check, one.often) for one in found for check in one.shown)
    head = ("Verdict", "Check", "Object", "What was found", "How often", "Figures")
    return Section("Checks", (Paragraph("; ".join(parts) + "."), Table("Checks of the run", head, rows)))


def _series(story: Story, name: str, samples: list[Sample]) -> tuple[Text, ...]:
    seconds = [(float(s.data["seconds"]), s) for s in samples if isinstance(s.data.get("seconds"), (int, float))]
    sizes = [s.data["bytes"] for s in samples if isinstance(s.data.get("bytes"), (int, float))]
    worst = max(seconds, key=lambda pair: pair[0], default=None)
    return (
        name,
        plural(len(samples), "time"),
        f"{median(value for value, _ in seconds):.3f}" if seconds else "-",
        f"{worst[0]:.3f}" if worst else "-",
        words.volume(max(sizes)) if sizes else "-",
        since(story, worst[1].at) if worst else "-",
    )


def _check(check: Check, often: str) -> tuple[Text, ...]:
    mark: Text = "✓ passed" if check.ok else Strong(MARKS[check.severity])
    where: Text = Code(check.object) if check.object else ""
    return (mark, (Code(check.code), f" {check.name}"), where, check.summary, often, brief_figures(check.figures))


def brief_figures(figures: Mapping[str, Any]) -> str:
    """Return the plain figures of a check in one line; the report has all of them."""
    plain = [(name, value) for name, value in figures.items() if isinstance(value, (int, float))]
    shown = [f"{name.replace('_', ' ')} {_plain(value)}" for name, value in plain if not isinstance(value, bool)]
    return ", ".join(shown[:FIGURES])


def _plain(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}".rstrip("0").rstrip(".")
