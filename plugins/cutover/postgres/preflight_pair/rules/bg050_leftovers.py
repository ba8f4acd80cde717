"""BG050: nothing is left of earlier runs."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.rule import SideRule, mending
from cutover.postgres.preflight_pair.surroundings import Leftover


class Leftovers(SideRule):
    code = "BG050"
    title = "Nothing is left of earlier runs"
    severities = ("error",)
    why = (
        "Every object of a run bears its number, and a rollback or finalize takes them all away. What is left of a run"
        " that has no state any more was cut off by hand, or came with a restored backup: a slot keeps WAL for ever, a"
        " fence refuses writes, a subscription goes on writing. Make sure that no run needs them: `status` lists them."
    )
    mend = "SELECT pg_drop_replication_slot('cutover_7_blue');"

    def check_side(self, side: Side, pair: Pair) -> Iterator[Finding]:
        running = {run.number for run in (*pair.blue.runs, *pair.green.runs)} | {pair.limits.run_number}
        for leftover in side.leftovers:
            if leftover.number not in running:
                where = f" on {leftover.on_table}" if leftover.on_table else ""
                message = f"{leftover.kind} {leftover.name}{where} is left of run number {leftover.number}."
                yield self.error(side.label, message, _fix(leftover))


def _fix(leftover: Leftover) -> str:
    if leftover.kind == "slot":
        return mending("SELECT pg_drop_replication_slot({s});", s=sql.Literal(leftover.name))
    if leftover.kind == "subscription":
        return mending(
            "ALTER SUBSCRIPTION {s} DISABLE; ALTER SUBSCRIPTION {s} SET (slot_name = NONE); DROP SUBSCRIPTION {s};",
            s=leftover.name,
        )
    if leftover.kind == "trigger":
        schema, _, table = (leftover.on_table or "").partition(".")
        return mending("DROP TRIGGER {t} ON {on};", t=leftover.name, on=sql.Identifier(schema, table))
    return mending("DROP {kind} {n};", kind=sql.SQL(leftover.kind.upper()), n=leftover.name)
