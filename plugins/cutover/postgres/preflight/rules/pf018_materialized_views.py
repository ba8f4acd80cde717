"""PF018: materialized views that read the table."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.records import View
from cutover.postgres.preflight.rule import TableRule, listed, mending, size


class MaterializedViews(TableRule):
    code = "PF018"
    title = "Materialized views that read the table"
    severities = ("error", "info")
    why = (
        "One that reads the table itself is built once more over the shadow before the swap, with its indexes,"
        " and exchanged with it: that takes its query's time and its size again on disk. One that reads such a"
        " materialized view cannot follow: it would go on reading the old one. One that reads a view which must"
        " be created anew, because its columns change, keeps that view from being dropped."
    )
    mend = "DROP MATERIALIZED VIEW public.leads_by_month; -- and create it again after the swap"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        own = {f"{view.schema}.{view.name}" for view in table.views if view.kind == "m"}
        anew = {follower.name for follower in table.trial.followers if follower.anew and follower.kind == "view"}
        for view in table.views:
            if view.kind != "m":
                continue
            name = f"materialized view {view.schema}.{view.name}"
            drop = (
                mending("DROP MATERIALIZED VIEW {v};", v=(view.schema, view.name))
                + " -- create it again after the swap"
            )
            chained = sorted(own & set(view.reads_matviews))
            if chained:
                message = (
                    f"it reads {listed(chained)}, which is exchanged in the swap; this one would go on reading"
                    " the old one."
                )
                yield self.error(name, message, drop)
            elif not view.direct and anew:
                message = (
                    f"it rests on a view that must be created anew ({listed(sorted(anew))}), which it would prevent."
                )
                yield self.error(name, message, drop)
            elif view.direct:
                yield self._rebuilt(name, view, table)

    def _rebuilt(self, name: str, view: View, table: Table) -> Finding:
        message = (
            f"it reads {table.label}: it is built again over the shadow ({size(view.bytes)}) and exchanged in the swap."
        )
        return self.info(name, message)
