"""PF001: every table of the spec exists."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule


class TableExists(Rule):
    code = "PF001"
    title = "The table exists"
    severities = ("error",)
    why = (
        "A misspelt name, a wrong schema or a connection to the wrong database must stop a run before it has built"
        " anything. Names are taken as the catalog has them: `Invoice` and `invoice` are two tables."
    )
    mend = "tables: - name: in migration.yaml, or the database of the connection"

    def check(self, facts: Facts) -> Iterator[Finding]:
        for table in facts.tables:
            relation = table.relation
            if relation.oid is not None:
                continue
            where = f"database {facts.server.database!r}"
            what = (
                f"schema {relation.schema!r} does not exist in"
                if not relation.schema_exists
                else "there is no such table in"
            )
            near = f" Did you mean {' or '.join(relation.near)}?" if relation.near else ""
            fix = f"write name: {relation.near[0]}" if relation.near else "correct name: in migration.yaml, or source:"
            yield self.error(table.label, f"{what} {where}.{near}", fix)
