"""PF025: no security labels."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, listed, mending


class SecurityLabels(TableRule):
    code = "PF025"
    title = "It has no security labels"
    severities = ("error",)
    why = (
        "Labels are checked by a provider outside PostgreSQL (SELinux, anonymizer masks). A copy without its"
        " label may show what was masked, and only the provider's administrator can say which label the new table"
        " needs."
    )
    mend = "SECURITY LABEL FOR anon ON TABLE public.leads IS NULL; -- label the new table after the swap"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        providers = sorted(set(table.relation.label_providers))
        if providers:
            fixes = [
                mending(
                    "SECURITY LABEL FOR {p} ON TABLE {t} IS NULL;",
                    p=provider,
                    t=sql.Identifier(table.relation.schema, table.relation.name),
                )
                for provider in providers
            ]
            message = f"it, or a column of it, has security labels of {listed(providers)}; they are not carried over."
            yield self.error(table.label, message, " ".join(fixes) + " -- set them on the new table after the swap")
