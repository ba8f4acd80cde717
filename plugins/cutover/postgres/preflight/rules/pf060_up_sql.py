"""PF060: ``schema: up:`` can run in a transaction and leaves the migrated tables alone."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight import upsql
from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule


class UpSql(Rule):
    code = "PF060"
    title = "schema: up: can run"
    severities = ("error",)
    why = (
        "It runs once, in one transaction, before the shadows are built, on live objects and with their locks."
        " What cannot run in a transaction is refused, and so is any change to a migrated table: that is what"
        " alter: is for. Statements that only make new objects are tried; the others are not, because trying them"
        " would lock."
    )
    mend = "correct the file that schema: up: names"

    def check(self, facts: Facts) -> Iterator[Finding]:
        path, text = facts.spec.schema_sql.up, facts.spec.up_sql
        if path is None or text is None:
            return
        migrated = {(table.schema_name, table.table_name) for table in facts.spec.tables}
        for refusal in upsql.refusals(text, migrated):
            message = f"line {refusal.line}: {refusal.reason}: {refusal.excerpt}"
            yield self.error(str(path), message, refusal.fix or "correct the file.")
        problems = {str(t.trial.up_problem): t.trial.up_problem for t in facts.tables if t.trial.up_problem}
        for said, problem in problems.items():
            yield self.error(str(path), f"it fails: {said}.", problem.hint or "correct the file.")
