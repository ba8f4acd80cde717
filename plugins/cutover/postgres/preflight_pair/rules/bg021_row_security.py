"""BG021: no policy hides rows from the copy, or from the apply workers."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import TableRule, mending
from cutover.postgres.preflight_pair.structure import Table


class RowSecurity(TableRule):
    code = "BG021"
    title = "Row level security hides no row"
    severities = ("error", "info")
    why = (
        "Policies do not hold for a table's owner, nor for who acts as one, unless they are FORCEd. Then the copy would"
        " lack rows, and the server refuses to apply changes to such a table. BYPASSRLS lifts that for the connection's"
        " role; the apply worker acts as the table's owner, who needs it as well."
    )
    mend = 'ALTER ROLE "cutover" BYPASSRLS; ALTER ROLE shop_owner BYPASSRLS;'

    def check_table(self, table: Table, pair: Pair) -> Iterator[Finding]:
        relation = table.relation
        if not relation.policies_forced or relation.kind == "f":
            if relation.policies_on:
                yield self.info(table.label, "its policies come along; they hold for neither the copy nor the apply.")
            return
        barred = [side for side in pair.sides if not side.server.bypasses_policies]
        if not barred:
            yield self.info(table.label, "row level security is forced; the role is exempt from it on both sides.")
            return
        where = " and ".join(f"{side.server.role} on {side.name}" for side in barred)
        roles = dict.fromkeys([*(side.server.role for side in barred), relation.owner])
        fix = " ".join(mending("ALTER ROLE {role} BYPASSRLS;", role=role) for role in roles)
        lift = mending(
            "ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;", table=sql.Identifier(relation.schema, relation.name)
        )
        message = f"row level security is forced, and role {where} is not exempt: rows would be missing."
        yield self.error(table.label, message, f"{fix} -- or, for the run: {lift}")
