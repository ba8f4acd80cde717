"""BG034: triggers that fire where changes are applied."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, mending


class LoudTriggers(PairRule):
    code = "BG034"
    title = "No trigger fires a second time where changes are applied"
    severities = ("warning",)
    why = (
        "Ordinary triggers are silent in an apply worker: what they did on the live side arrives as rows of its own."
        " Triggers that are ENABLE ALWAYS or REPLICA fire there, too: an audit trigger writes its row a second time,"
        " which then meets the one that arrives, and replication stops. Rules about rows never fire there."
    )
    mend = "ALTER TABLE public.leads ENABLE TRIGGER leads_audit;"

    def check(self, pair: Pair) -> Iterator[Finding]:
        old = {(trigger.schema, trigger.table, trigger.name) for trigger in pair.blue.triggers}
        new = [t for t in pair.survival.triggers if (t.schema, t.table, t.name) not in old]
        for trigger in [*pair.blue.triggers, *new]:
            mode = "ALWAYS" if trigger.enabled == "A" else "REPLICA"
            message = f"trigger {trigger.name} ({trigger.function}) is ENABLE {mode}: it fires on green as well."
            own = sql.Identifier(trigger.schema, trigger.table)
            fix = mending("ALTER TABLE {own} ENABLE TRIGGER {name};", own=own, name=trigger.name)
            yield self.warning(f"{trigger.schema}.{trigger.table}", message, fix)
