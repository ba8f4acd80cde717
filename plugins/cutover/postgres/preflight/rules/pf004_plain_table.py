"""PF004: the name belongs to an ordinary table."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, mending

KINDS = {
    "v": ("a view", "migrate the tables that it reads; it is created again over them."),
    "m": ("a materialized view", "migrate the tables that it reads; it is built again over them."),
    "f": ("a foreign table", "migrate it on the server where its rows are."),
    "S": ("a sequence", "name the table that it feeds."),
    "i": ("an index", "name the table that it belongs to."),
    "I": ("an index", "name the table that it belongs to."),
    "c": ("a composite type", "name a table."),
}


class PlainTable(Rule):
    code = "PF004"
    title = "It is an ordinary table"
    severities = ("error",)
    why = (
        "A shadow is a table with triggers on the table that it shadows; only an ordinary table can have both. A"
        " typed table (`CREATE TABLE ... OF type`) would lose its tie to the type."
    )
    mend = "ALTER TABLE public.leads NOT OF;"

    def check(self, facts: Facts) -> Iterator[Finding]:
        for table in facts.tables:
            relation = table.relation
            if relation.oid is None:
                continue
            if relation.kind in KINDS:
                what, fix = KINDS[relation.kind]
                yield self.error(table.label, f"it is {what}, and only ordinary tables can have a shadow.", fix)
            elif relation.typed:
                fix = mending("ALTER TABLE {table} NOT OF;", table=(relation.schema, relation.name))
                yield self.error(table.label, "it is a typed table; its copy would not be tied to the type.", fix)
