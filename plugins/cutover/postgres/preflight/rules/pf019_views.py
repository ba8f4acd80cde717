"""PF019: views that read the table."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, mending


class Views(TableRule):
    code = "PF019"
    title = "Views that read the table"
    severities = ("error", "warning", "info")
    why = (
        "A view means its tables by oid, so the swap defines it again over the new table. Where its own columns"
        " change (a type, a name) it must be dropped and created anew, and so must every view above it; owner,"
        " grants, comments and options are put back. A view that cannot be defined over the new table would stop"
        " the swap: it is tried over the empty copy."
    )
    mend = (
        "CREATE OR REPLACE VIEW public.open_leads AS SELECT id, name FROM public.leads; -- without the column that goes"
    )

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        tried = {follower.name: follower for follower in table.trial.followers}
        for view in table.views:
            label = f"{view.schema}.{view.name}"
            found = tried.get(label) if view.direct else None
            kind = "materialized view" if view.kind == "m" else "view"
            name = f"{kind} {label}"
            if found and found.problem:
                drop = mending(f"DROP {kind.upper()} {{v}};", v=(view.schema, view.name))
                fix = f"{drop} -- or define it so that it fits both tables"
                yield self.error(name, f"it cannot be defined over the new {table.label}: {found.problem}.", fix)
            elif view.kind == "m":
                continue  # PF018
            elif found and found.anew:
                message = (
                    f"its columns change with {table.label}: it is dropped and created anew, with every view that"
                    " rests on it."
                )
                yield self.warning(name, message)
            elif view.direct:
                yield self.info(name, f"it reads {table.label}; the swap defines it again over the new table.")
            else:
                yield self.info(name, f"it rests on views over {table.label}; it is locked in the swap.")
