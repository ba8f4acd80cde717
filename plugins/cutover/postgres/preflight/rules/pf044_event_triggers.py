"""PF044: event triggers that will fire on the run's DDL."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, listed, mending

OURS = frozenset(
    {
        "CREATE SCHEMA",
        "CREATE TABLE",
        "CREATE TABLE AS",
        "ALTER TABLE",
        "CREATE INDEX",
        "CREATE FUNCTION",
        "CREATE TRIGGER",
        "DROP TRIGGER",
        "CREATE VIEW",
        "ALTER VIEW",
        "DROP VIEW",
        "CREATE POLICY",
        "ALTER POLICY",
        "CREATE STATISTICS",
        "ALTER STATISTICS",
        "ALTER SEQUENCE",
        "CREATE MATERIALIZED VIEW",
        "ALTER MATERIALIZED VIEW",
        "ALTER PUBLICATION",
        "GRANT",
        "REVOKE",
        "COMMENT",
        "DROP TABLE",
        "DROP SCHEMA",
        "DROP FUNCTION",
        "DROP INDEX",
    }
)


class EventTriggers(Rule):
    code = "PF044"
    title = "Event triggers that fire on the run's DDL"
    severities = ("warning",)
    why = (
        "Building the shadow and the swap are DDL. An event trigger that raises an error stops them; a slow one"
        " makes the swap's pause longer; one that audits will show what the run creates. Preflight's own trial on"
        " an empty copy has fired them already, in a transaction that was rolled back."
    )
    mend = "ALTER EVENT TRIGGER audit_ddl DISABLE; -- takes a superuser"

    def check(self, facts: Facts) -> Iterator[Finding]:
        for trigger in facts.event_triggers:
            tags = OURS if trigger.tags is None else OURS & set(trigger.tags)
            if not tags:
                continue
            on = "any DDL" if trigger.tags is None else listed(sorted(tags))
            message = f"{trigger.function} will run on {trigger.event} of {on}, in the build and inside the swap."
            fix = (
                mending("ALTER EVENT TRIGGER {t} DISABLE;", t=trigger.name)
                + " -- for the time of the run, as superuser"
            )
            yield self.warning(f"event trigger {trigger.name}", message, fix)
