"""What whoever is asked has to know of the run, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.approvals.signing import signatures
from cutover.journal.records import Run
from cutover.journal.store import Journal


def about(journal: Journal, run: Run) -> str:
    """Return a list: since when the new side is live, until when there is a way back, checks, signatures."""
    return "".join(f"* {line}\n" for line in _lines(journal, run))


def _lines(journal: Journal, run: Run) -> Iterator[str]:
    yield f"`{run.migration}` ({run.strategy.replace('_', '-')}), run `{run.run_id}`, begun by {run.triggered_by}"
    if run.swapped_at:
        yield f"live since {run.swapped_at:%Y-%m-%d %H:%M} UTC"
    if run.window_ends_at:
        yield f"the way back is planned until {run.window_ends_at:%Y-%m-%d %H:%M} UTC, and open until it is finalized"
    checks = journal.checks(run.run_id)
    bad = [check for check in checks if not check.ok]
    yield f"{len(checks) - len(bad)} of {len(checks)} checks passed"
    for check in bad[:10]:
        yield f"{check.severity}: {check.name}: {check.summary.strip().splitlines()[0] if check.summary else ''}"
    for signature in signatures(run, journal.events(run.run_id)):
        yield signature.text
