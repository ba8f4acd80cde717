"""PF014: publications of whole schemas."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, mending


class PublicationOfSchema(Rule):
    code = "PF014"
    title = "Publications of whole schemas"
    severities = ("error", "warning")
    why = (
        "FOR TABLES IN SCHEMA publishes whatever is in the schema: the new table from the moment of the swap, the"
        " old one no longer. Subscribers go on by name, if they have the new table's columns. A publication of"
        " this tool's own schema would send the logs of touched keys, and its subscribers would stop."
    )
    mend = "ALTER PUBLICATION shop DROP TABLES IN SCHEMA public;"

    def check(self, facts: Facts) -> Iterator[Finding]:
        for publication in facts.schema_publications:
            name = f"publication {publication.name}"
            drop = mending("ALTER PUBLICATION {p} DROP TABLES IN SCHEMA {s};", p=publication.name, s=publication.schema)
            if publication.schema.startswith("cutover"):
                yield self.error(name, f"it sends schema {publication.schema}, where capture keeps its logs.", drop)
            else:
                message = (
                    f"it sends schema {publication.schema}: from the swap on it sends the new table. Subscribers"
                    " must have"
                    " the new columns by then."
                )
                yield self.warning(name, message)
