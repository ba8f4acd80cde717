"""BG047: neither side is fed by somebody else."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.rule import SideRule, listed, mending


class Subscriptions(SideRule):
    code = "BG047"
    title = "No other subscription writes to either side"
    severities = ("error",)
    why = (
        "Rows that reach blue by a subscription come from elsewhere, and are not sent on (`origin = none` sends only"
        " what was written on the spot): green would lack them, without an error. Nor does the fence stop an apply"
        " worker. On green another subscription would write beside the run."
    )
    mend = "ALTER SUBSCRIPTION crm DISABLE; ALTER SUBSCRIPTION crm SET (slot_name = NONE); DROP SUBSCRIPTION crm;"

    def check_side(self, side: Side, pair: Pair) -> Iterator[Finding]:
        for subscription in side.subscriptions:
            if subscription.name.startswith("cutover_"):
                continue
            tables = f" into {listed(subscription.tables)}" if subscription.tables else ""
            message = f"subscription {subscription.name} writes{tables}; that would not reach the other side."
            fix = mending(
                "ALTER SUBSCRIPTION {s} DISABLE; ALTER SUBSCRIPTION {s} SET (slot_name = NONE); DROP SUBSCRIPTION {s};"
                " -- its slot at the publisher is left to be dropped",
                s=subscription.name,
            )
            yield self.error(side.label, message, fix)
