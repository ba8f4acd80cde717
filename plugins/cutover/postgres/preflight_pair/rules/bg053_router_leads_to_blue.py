"""BG053: the router leads clients to blue."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule


class RouterLeadsToBlue(PairRule):
    code = "BG053"
    title = "The router leads clients to blue"
    severities = ("error",)
    why = (
        "The cutover turns one entry of the router from blue to green. If it leads elsewhere now, either it is the"
        " wrong entry or the application does not use blue. Addresses are compared as they are written; where the"
        " router finds blue under another name than Airflow does, blue's connection says so in its extra."
    )
    mend = 'set blue\'s extra {"cutover": {"router_host": "10.0.0.5", "router_port": "5432"}}, or correct the entry'

    def check(self, pair: Pair) -> Iterator[Finding]:
        router = pair.router
        if router.problem or router.leads_to == router.expected or pair.blue.ours:
            return
        message = f"it leads clients to {router.leads_to}, not to blue ({router.expected})."
        yield self.error(f"router {router.label}", message, f"{self.mend}.")
