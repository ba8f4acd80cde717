"""Checks: the verdicts of a run."""

from __future__ import annotations

import uuid

from cutover.journal.calls import Calls
from cutover.journal.check import Check
from cutover.journal.safe import json_safe, scrubbed


class Checks(Calls):
    """The checks of the journal."""

    def record_check(self, run_id: str, check: Check) -> None:
        """Write a verdict down. Earlier verdicts of the same check are kept as its history."""
        self.rows(
            "check_put",
            id=uuid.uuid4(),
            run_id=run_id,
            code=check.code,
            name=check.name,
            object=check.object,
            ok=check.ok,
            severity=check.severity,
            summary=scrubbed(check.summary),
            figures=json_safe(dict(check.figures), f"figures of check {check.code}"),
        )

    def checks(self, run_id: str, *, history: bool = False) -> list[Check]:
        """Return the verdicts in order; of a check that ran again only the newest, unless ``history``."""
        return [Check.from_dict(row) for row in self.rows("checks", run_id=run_id, history=history)]
