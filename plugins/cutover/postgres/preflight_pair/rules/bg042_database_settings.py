"""BG042: settings that hang on the database."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule


class DatabaseSettings(PairRule):
    code = "BG042"
    title = "Settings of the database are carried to green"
    severities = ("info",)
    why = (
        "ALTER DATABASE ... SET and ALTER ROLE ... IN DATABASE ... SET belong to the server, so no dump of the database"
        " carries them; the run sets them on green. What it may not set, or what green's version does not know, is"
        " named in its log, with the statement for somebody who may."
    )
    mend = "ALTER DATABASE shop SET search_path = app, public;"

    def check(self, pair: Pair) -> Iterator[Finding]:
        there = {(setting.role, setting.name): setting.value for setting in pair.green.settings}
        for setting in pair.blue.settings:
            other = there.get((setting.role, setting.name))
            if other == setting.value:
                continue
            whom = f"role {setting.role}" if setting.role else "everybody"
            green = f"is {other} on green, and will be changed" if other is not None else "will be set on green"
            yield self.info(pair.green.label, f"{setting.name} = {setting.value} for {whom} {green}.")
