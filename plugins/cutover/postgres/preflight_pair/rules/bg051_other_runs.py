"""BG051: no other run is under way on either side."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.journal.records import standing
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule


class OtherRuns(PairRule):
    code = "BG051"
    title = "No other run is under way on either side"
    severities = ("error",)
    why = (
        "A run of this strategy may still have its way back open here; a second one would move the database away under"
        " it. A run of the online strategy keeps its old tables in step by triggers, which would move along half: end"
        " its rollback window first."
    )
    mend = "finalize the other run, or roll it back"

    def check(self, pair: Pair) -> Iterator[Finding]:
        seen: set[str] = set()
        for side in pair.sides:
            for run in side.runs:
                if run.run_id != pair.limits.run_id and run.run_id not in seen:
                    seen.add(run.run_id)
                    live = "live" if run.live else "not live"
                    message = (
                        f"run {run.run_id} (number {run.number}) is under way: this is its {run.side} side, {live}."
                    )
                    yield self.error(side.label, message, "finalize it, or roll it back (DAG rollback_blue_green).")
            for online in side.online_runs:
                message = f"schema {online.name} belongs to run number {online.number} of the online strategy."
                yield self.error(side.label, message, "finalize that run (DAG finalize), or roll it back.")
        for run_id, state, database in pair.other_runs:
            if run_id not in seen:
                message = f"run {run_id} on {database} is {standing(state)}."
                yield self.error(pair.blue.label, message, "let it end, finalize it, or roll it back.")
