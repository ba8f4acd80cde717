"""BG030: large objects."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule


class LargeObjects(PairRule):
    code = "BG030"
    title = "There are no large objects"
    severities = ("error", "warning")
    why = (
        "Logical replication does not know large objects (lo_create, lo_import, type lo): what is written to them would"
        " be missing on green, without an error. Keep such data in a bytea column, remove those that nothing refers to"
        " any more (vacuumlo), or say `replication: large_objects: leave` in the spec when they may stay behind."
    )
    mend = "UPDATE public.papers SET body = lo_get(body_oid); SELECT lo_unlink(body_oid) FROM public.papers;"

    def check(self, pair: Pair) -> Iterator[Finding]:
        found = pair.blue.server.large_objects
        if not found:
            return
        if pair.spec.replication.large_objects == "leave":
            yield self.warning(pair.blue.label, f"{found:,} large objects stay behind, as the spec says.")
            return
        message = f"{found:,} large objects would not be carried to green."
        fix = f"{self.mend} -- or say replication: {{large_objects: leave}}"
        yield self.error(pair.blue.label, message, fix)
