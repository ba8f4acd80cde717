"""BG036: event triggers."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, mending


class EventTriggers(PairRule):
    code = "BG036"
    title = "Event triggers let the run do its work"
    severities = ("error", "warning")
    why = (
        "The run puts triggers and publications on blue, and makes a whole schema on green: an event trigger may refuse"
        " either. Only a superuser can make an event trigger, so with a lesser role on green the schema cannot be"
        " restored whole."
    )
    mend = "ALTER EVENT TRIGGER no_ddl DISABLE;"

    def check(self, pair: Pair) -> Iterator[Finding]:
        for trigger in pair.blue.event_triggers:
            name = f"event trigger {trigger.name}"
            tags = f" for {', '.join(trigger.tags)}" if trigger.tags else ""
            fix = mending("ALTER EVENT TRIGGER {name} DISABLE; -- for the run", name=trigger.name)
            if pair.green.server.superuser:
                message = (
                    f"it runs {trigger.function} at {trigger.event}{tags}: see that it lets the run's own DDL pass."
                )
                yield self.warning(name, message, fix)
            else:
                role = pair.green.server.role
                message = f"only a superuser can make it on green, and role {role} is none."
                drop = mending("DROP EVENT TRIGGER {name};", name=trigger.name)
                yield self.error(name, message, f"{drop} -- and make it again on green afterwards, as a superuser")
