"""Made-up figures of things that have not happened, to show what their texts will look like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cutover.journal.records import Event, Progress, Run, new_run_id
from cutover.messages.announcements import texts
from cutover.messages.announcements.entry import Entry
from cutover.messages.announcements.moments import AFTER, BEFORE, CALLED_OFF, MOVED, PROGRESS
from cutover.spec.announcing import Audience
from cutover.spec.models import Migration

VALUES: Mapping[str, Mapping[str, Any]] = {
    "started": {"note": None},
    "approval_needed": {"subject": "Cut over now?", "link": None, "within": None, "otherwise": ""},
    "cut_over": {"pause_ms": 42.0, "attempts": 1, "downtime_s": 42.0, "budget_s": 900.0, "within_budget": True},
    "rolled_back": {"was_swapped": True, "pause_ms": 42.0, "downtime_s": None, "lost": None},
    "failed": {"reason": "verify: 3 rows differ", "advice": "trigger its rollback."},
    "finalized": {"summary": "What is old is gone."},
    MOVED: {"before": None},
    CALLED_OFF: {"before": None},
}
# What the run is like at a moment.
STATES = {"progress": "filling", "rolled_back": "rolled_back", "failed": "verifying", "finalized": "finalized"}
ALREADY = frozenset({"cut_over", "completed", "after_24h", "after_48h", "rolled_back", "finalized"})


def sample(spec: Migration, name: str, audience: Audience, moment: str, now: datetime) -> str:
    """Return what ``audience`` would read at ``moment``: the migration's own words, and made-up figures.

    :raises MessageTemplateBroken: there is no such text, or it cannot be filled.
    """
    begins = spec.announce.window_start or now
    at = begins - BEFORE[moment] if moment in BEFORE else begins + PROGRESS if moment == "progress" else begins
    at += AFTER.get(moment, timedelta(0))
    values = {**VALUES.get(moment, {}), **({"before": begins} if moment in (MOVED, CALLED_OFF) else {})}
    entry = Entry(spec.name, "", name, moment, moment, at, values=values)
    if moment in BEFORE or moment in (MOVED, CALLED_OFF):
        known = texts.of_spec(spec.snapshot(), begins, at)
    else:
        run, events, progress = _run(spec, moment, begins)
        known = texts.of_run(run, events, progress, begins, at)
    return texts.fill(entry, audience, known, late=False)


def _run(spec: Migration, moment: str, begins: datetime) -> tuple[Run, list[Event], list[Progress]]:
    snapshot = spec.snapshot()
    run = Run(
        run_id=new_run_id(spec.name, begins),
        number=0,
        migration=spec.name,
        strategy=spec.strategy,
        title=spec.title,
        database=spec.source,
        state=STATES.get(moment, "window" if moment in ALREADY else "preparing"),
        reason="verify: 3 rows differ" if moment in ("rolled_back", "failed") else None,
        dag_id=spec.strategy,
        dag_run_id=None,
        triggered_by="somebody",
        dry_run=False,
        rehearsal_of=None,
        started_at=begins,
        swapped_at=None,
        window_ends_at=None,
        ended_at=None,
        spec=snapshot,
    )
    if moment not in ALREADY:
        done = Progress("copy", "total", 600_000, 1_000_000, 5_000.0, 80.0, None, begins, begins)
        return run, [], [done]
    run = replace(run, swapped_at=begins, window_ends_at=begins + spec.rollback.window)
    return run, [Event(begins, "state", "window", None, {"from": "watching", "to": "window"})], []
