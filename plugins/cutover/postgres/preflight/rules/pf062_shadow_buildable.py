"""PF062: the shadow table can be built at all."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule


class ShadowBuildable(TableRule):
    code = "PF062"
    title = "The shadow table can be built"
    severities = ("error", "info")
    why = (
        "The copy with its indexes, constraints, policies, grants, statistics, comments and owner is made for"
        " real, by the code that will build the shadow, and rolled back. What the other rules did not foresee"
        " shows here, before anything exists. Where it could not be tried, that is said."
    )
    mend = "what the server's message says"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        trial = table.trial
        if trial.build_problem:
            hint = trial.build_problem.hint or "grant the right, or mend the object, that the message names."
            yield self.error(table.label, f"its copy cannot be built: {trial.build_problem}.", hint)
        elif trial.skipped:
            yield self.info(table.label, f"the change was not tried on a copy: {trial.skipped}.")
