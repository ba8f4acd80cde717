"""PF015: publications that name the table."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.records import Publication
from cutover.postgres.preflight.rule import TableRule, listed, mending


class PublicationMembership(TableRule):
    code = "PF015"
    title = "Publications that contain the table"
    severities = ("error", "warning", "info")
    why = (
        "The swap takes the old table out of a publication and puts the new one in, with its column list and row"
        " filter. That takes the publication's owner. A column list that names a column which the new table does"
        " not have cannot be kept. And a subscriber stops at the first change that brings a column it has not"
        " got: new columns must be there first."
    )
    mend = 'ALTER PUBLICATION shop OWNER TO "cutover";\nALTER PUBLICATION shop SET TABLE public.leads (id, name);'

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for publication in table.publications:
            if publication.via == "table":
                yield from self._of(table, publication, facts)

    def _of(self, table: Table, publication: Publication, facts: Facts) -> Iterator[Finding]:
        name = f"publication {publication.name}"
        own = (table.relation.schema, table.relation.name)
        if not publication.owned:
            fix = mending("GRANT {owner} TO {role};", owner=publication.owner, role=facts.server.role)
            message = (
                f"it contains {table.label} and belongs to {publication.owner}; only its owner can exchange"
                " tables in it."
            )
            yield self.error(name, message, fix)
        there = set(table.trial.shadow_columns)
        gone = [column for column in publication.columns or [] if there and column not in there]
        if gone:
            fix = mending("ALTER PUBLICATION {p} DROP TABLE {t};", p=publication.name, t=own)
            message = f"its column list for {table.label} names {listed(gone)}, which the new table does not have."
            yield self.error(name, message, fix + " -- and ADD TABLE with the columns that stay")
            return
        new = [column for column in table.trial.shadow_columns if table.column(column) is None]
        if new and publication.columns is None:
            message = (
                f"its subscribers stop at the first change of {table.label} unless they have {listed(new)} by then."
            )
            yield self.warning(name, message, "add the columns on every subscriber before the cutover.")
        elif publication.owned:
            yield self.info(name, f"the swap puts the new {table.label} in the old one's place in it.")
