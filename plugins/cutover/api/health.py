"""Whether the pages have what they need: the journal, and readable specs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from cutover.api.store import JournalDep
from cutover.spec.loader import load_all

router = APIRouter()


@router.get("/health")
def health(journal: JournalDep) -> dict[str, Any]:
    """Answer 200 when the journal answers (503 and the mending setting otherwise), with the counts of specs."""
    journal.runs(limit=1)
    good, bad = load_all()
    return {"status": "healthy", "journal": "reachable", "specs": len(good), "specs_with_problems": len(bad)}
