"""BG022: the role sees what other sessions do."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.rule import SideRule, mending


class ActivityVisible(SideRule):
    code = "BG022"
    title = "Other sessions' work is visible"
    severities = ("warning",)
    why = (
        "Without pg_read_all_stats the transactions of other roles are hidden: long ones cannot be reported, and a"
        " blocker in the cutover is a bare number. After the cutover nobody could show either that no client has stayed"
        " on the old side."
    )
    mend = 'GRANT pg_read_all_stats TO "cutover";'

    def check_side(self, side: Side, pair: Pair) -> Iterator[Finding]:
        if not side.server.sees_activity:
            message = f"role {side.server.role} sees no other session's transactions and queries."
            yield self.warning(side.label, message, mending("GRANT pg_read_all_stats TO {r};", r=side.server.role))
