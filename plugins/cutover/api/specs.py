"""The planned migrations, as their specs say, and what is wrong with those that cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Request

from cutover.api import actions, shapes
from cutover.api.access import may, offer
from cutover.api.store import JournalDep
from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.spec.loader import load_all
from cutover.spec.models import Migration

router = APIRouter()

# Runs that are read at once; the latest run of a migration that is not among them is asked for by name.
FEW = 200


@router.get("/specs")
def specs(request: Request, user: GetUserDep, journal: JournalDep) -> dict[str, Any]:
    """List the specs of the strategies whose DAG the user may read, each with its latest run."""
    good, bad = load_all()
    readable = {s for s in actions.STRATEGIES if may(request, user, "GET", s)}
    shown = [spec for _, spec in sorted(good.items()) if spec.strategy in readable]
    latest = latest_runs(journal, [spec.name for spec in shown])
    rehearsed = latest_rehearsals(journal)
    now = datetime.now(UTC)
    problems = [{"name": n, "code": e.code, "what": e.what, "fix": e.fix} for n, e in sorted(bad.items())]
    return {
        "specs": [
            {
                **_shape(spec, latest.get(spec.name), now),
                "rehearsal": rehearsed.get(spec.name),
                "start": offer(request, user, actions.start(spec.strategy, spec.name)),
            }
            for spec in shown
        ],
        "problems": problems if readable else [],
    }


def latest_rehearsals(journal: Journal) -> dict[str, dict[str, Any]]:
    """Return how the last rehearsal of each migration came out, and the night whose report has it."""
    found: dict[str, dict[str, Any]] = {}
    for one in journal.rehearsals(limit=FEW):
        if one.verdict:
            why = one.reasons[0] if one.reasons else None
            told = {"verdict": one.verdict, "at": one.started_at.isoformat(), "night": one.night, "why": why}
            found.setdefault(one.migration, told)
    return found


def latest_runs(journal: Journal, names: list[str]) -> dict[str, Run]:
    """Return the newest run of each migration; one query serves all but the long idle ones."""
    latest: dict[str, Run] = {}
    for run in journal.runs(limit=FEW, dry_run=False):
        latest.setdefault(run.migration, run)
    for name in names:
        if name not in latest and (older := journal.latest_run(name)):
            latest[name] = older
    return latest


def _shape(spec: Migration, latest: Run | None, now: datetime) -> dict[str, Any]:
    return {
        "name": spec.name,
        "title": spec.title,
        "strategy": spec.strategy,
        "owner": spec.owner,
        "description": spec.description,
        "tables": [table.name for table in spec.tables],
        "latest": shapes.run_shape(latest, now) if latest else None,
    }
