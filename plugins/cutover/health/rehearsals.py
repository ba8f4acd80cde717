"""When each migration that is planned was last rehearsed, and how that came out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from cutover.health.limits import Limits
from cutover.journal.check import Check
from cutover.journal.store import Journal
from cutover.messages.words import span
from cutover.rehearsal.choosing import candidates
from cutover.rehearsal.verdicts import spoken
from cutover.spec.models import Migration

NAME = "last good rehearsal"


def look(journal: Journal, good: Mapping[str, Migration], limits: Limits) -> Iterator[Check]:
    """Yield a check for each migration that is not done, and for rehearsals that have left something behind."""
    now = datetime.now(UTC)
    for one in candidates(good, {}, journal):
        if one.verdict is None:
            yield _last(journal, one.name, limits, now)
    for rehearsal in journal.rehearsals(uncleared=True):
        if rehearsal.ended_at:
            text = "it is over, and what it has made is still there: clear the task clean_up of its DAG run"
            yield Check("HEALTH_REHEARSAL", "left by rehearsals", False, "warning", text, {}, rehearsal.rehearsal_id)


def _last(journal: Journal, migration: str, limits: Limits, now: datetime) -> Check:
    known = [each for each in journal.rehearsals(migration=migration, limit=50) if each.verdict]
    well = next((each for each in known if each.verdict == "go"), None)
    if not known:
        # Who has no staging has no rehearsals, and knows it.
        return Check("HEALTH_REHEARSAL", NAME, True, "info", "it was never rehearsed", {}, migration)
    said = f"the last one was {spoken(known[0].verdict)}"
    if well is None:
        return Check("HEALTH_REHEARSAL", NAME, False, "warning", f"there is none; {said}", {}, migration)
    age = (now - well.started_at).total_seconds()
    fine = known[0].verdict == "go" and age <= limits.rehearsal_age.total_seconds()
    text = f"{span(max(age, 0))} ago" + ("" if known[0] is well else f"; {said}")
    return Check("HEALTH_REHEARSAL", NAME, fine, "warning", text, {"age_seconds": age}, migration)
