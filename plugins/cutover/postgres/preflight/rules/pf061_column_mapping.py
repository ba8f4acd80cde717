"""PF061: every column can be filled, there and back."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule


class ColumnMapping(TableRule):
    code = "PF061"
    title = "Every column can be filled, there and back"
    severities = ("error",)
    why = (
        "A new column that is NOT NULL and has neither default nor expression could not be filled. An old column"
        " that is dropped, NOT NULL and without default could not be filled on the way back: rows written after"
        " the swap would be lost by a rollback. A name in columns: or reverse: that no table has is a mistake."
        " The key's columns must stay, under whatever name and type."
    )
    mend = "columns: {preferences: \"'{}'::jsonb\"} or reverse: {legacy_flag: \"status = 'ACTIVE'\"} in migration.yaml"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        problem = table.trial.mapping_problem
        if problem:
            yield self.error(table.label, problem.what, problem.fix)
