"""PF053: triggers that are set to fire for replicated changes."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, listed


class ReplicaTriggers(TableRule):
    code = "PF053"
    title = "Triggers set to REPLICA or ALWAYS"
    severities = ("warning",)
    why = (
        "Such a trigger was made to fire for changes that come from elsewhere, which means that some tool writes"
        " this table as a replica (Bucardo, Slony, a CDC sink). That tool knows the old table by its oid; see"
        " that it follows."
    )
    mend = "ALTER TABLE public.leads ENABLE TRIGGER leads_sync; -- fires for ordinary sessions only"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for state, words in (("R", "ENABLE REPLICA"), ("A", "ENABLE ALWAYS")):
            names = [t.name for t in table.triggers if t.enabled == state and not t.name.startswith("cutover_capture_")]
            if names:
                message = f"set to {words}, and moved so: {listed(names)}. Is there a tool that writes it as a replica?"
                yield self.warning(table.label, message, "see that the tool finds its tables by name, not by oid.")
