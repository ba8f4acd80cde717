"""PF029: the role may move a table into the schema."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, mending


class SchemaPrivileges(Rule):
    code = "PF029"
    title = "The role may create in the table's schema"
    severities = ("error",)
    why = (
        "The swap moves the new table into the old one's schema, and defines views and functions again where they"
        " are; both take CREATE on the schema. It is better noticed now than at the swap."
    )
    mend = 'GRANT USAGE, CREATE ON SCHEMA public TO "cutover";'

    def check(self, facts: Facts) -> Iterator[Finding]:
        lacking: dict[str, list[str]] = {}
        for table in facts.tables:
            relation = table.relation
            if relation.oid is None:
                continue
            wanted = {"USAGE": relation.schema_usage, "CREATE": relation.schema_create}
            lacking.setdefault(relation.schema, [name for name, there in wanted.items() if not there])
            behind = [(view.schema, view.schema_create) for view in table.views]
            behind += [(f.schema, f.schema_create) for f in table.functions if f.how == "body"]
            for schema, allowed in behind:
                if not allowed:
                    lacking.setdefault(schema, ["CREATE"])
        for schema, names in lacking.items():
            if names:
                fix = mending(f"GRANT {', '.join(names)} ON SCHEMA {{s}} TO {{r}};", s=schema, r=facts.server.role)
                yield self.error(
                    f"schema {schema}", f"role {facts.server.role} lacks {' and '.join(names)} on it.", fix
                )
