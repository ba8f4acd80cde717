"""PF033: the table's triggers can be put on the new table."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, mending


class TriggerFunctions(TableRule):
    code = "PF033"
    title = "Its triggers can be put on the new table"
    severities = ("error",)
    why = (
        "The swap moves the application's triggers to the new table. Creating a trigger takes EXECUTE on its"
        " function, and every column that it names; a trigger that cannot be created would stop the swap, so each"
        " is tried on the empty copy."
    )
    mend = 'GRANT EXECUTE ON FUNCTION public.touch() TO "cutover";'

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for trigger in table.triggers:
            if not trigger.executable and trigger.function_schema != "cutover":
                function = sql.SQL(trigger.function)  # type: ignore[arg-type]
                fix = mending("GRANT EXECUTE ON FUNCTION {f} TO {r};", f=function, r=facts.server.role)
                message = f"role {facts.server.role} may not execute its function {trigger.function}."
                yield self.error(f"trigger {trigger.name} on {table.label}", message, fix)
        for follower in table.trial.followers:
            if follower.kind == "trigger" and follower.problem:
                name = f"trigger {follower.name} on {table.label}"
                drop = mending(
                    "DROP TRIGGER {n} ON {t};", n=follower.name, t=(table.relation.schema, table.relation.name)
                )
                fix = f"{drop} -- or define it so that it fits both tables"
                yield self.error(name, f"it cannot be created on the new table: {follower.problem}.", fix)
