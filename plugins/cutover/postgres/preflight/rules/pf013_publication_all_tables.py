"""PF013: no publication of all tables."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, mending


class PublicationAllTables(Rule):
    code = "PF013"
    title = "No publication sends every table"
    severities = ("error",)
    why = (
        "FOR ALL TABLES publishes the shadow, the logs of touched keys and the old table as well. Their first row"
        " stops every subscriber that does not have such a table. The tables must be named: in one transaction"
        " the publication is replaced by one of the same name, and no subscriber notices."
    )
    mend = "BEGIN;\nDROP PUBLICATION shop;\nCREATE PUBLICATION shop FOR TABLE public.leads, public.accounts;\nCOMMIT;"

    def check(self, facts: Facts) -> Iterator[Finding]:
        found = {p.name: p for table in facts.tables for p in table.publications if p.via == "all"}
        for name, publication in sorted(found.items()):
            fix = mending(
                "BEGIN; DROP PUBLICATION {name}; CREATE PUBLICATION {name} FOR TABLE {tables}; COMMIT;"
                " -- and its WITH (...) options, if any",
                name=name,
                tables=sql.SQL(publication.tables or ""),  # type: ignore[arg-type]
            )
            message = "it is FOR ALL TABLES and would send the shadow table and the capture logs to its subscribers."
            yield self.error(f"publication {name}", message, fix)
