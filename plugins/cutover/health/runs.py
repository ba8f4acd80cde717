"""What the journal says: that it answers, runs that stand still, specs that cannot be used, and rehearsals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from cutover.journal.check import Check
from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.messages.words import span
from cutover.spec.errors import SpecError
from cutover.spec.models import Migration

# A run that has not moved for so long is looked at by somebody, or forgotten.
STILL = timedelta(hours=24)


def look(journal: Journal, runs: Sequence[Run]) -> Iterator[Check]:
    """Yield what is to be said of the runs that have not ended."""
    label = journal.info.label()
    yield Check("HEALTH_JOURNAL", "journal", True, "error", f"answers; {len(runs)} runs have not ended", {}, label)
    now = datetime.now(UTC)
    for run in runs:
        since = now - (run.swapped_at or run.started_at)
        if run.active and since > STILL:
            text = f"has been {run.standing} since {span(since.total_seconds())}"
            yield Check("HEALTH_RUN", "runs that stand still", False, "warning", text, {}, run.run_id)
        if run.state == "window" and run.window_ends_at and now > run.window_ends_at + timedelta(hours=2):
            text = "its rollback window has ended, and nobody has finalized it: is the DAG finalize_due paused?"
            yield Check("HEALTH_RUN", "runs that stand still", False, "warning", text, {}, run.run_id)


def specs(good: Mapping[str, Migration], bad: Mapping[str, SpecError]) -> Iterator[Check]:
    """Yield whether every spec can be used."""
    yield Check("HEALTH_SPECS", "specs", not bad, "warning", f"{len(good)} specs can be used, {len(bad)} cannot")
    for name, error in bad.items():
        first = str(error).strip().splitlines()[0]
        yield Check("HEALTH_SPECS", "specs", False, "warning", first, {}, name)
