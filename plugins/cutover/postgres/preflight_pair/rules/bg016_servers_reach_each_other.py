"""BG016: each server reaches the other one."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule


class ServersReachEachOther(PairRule):
    code = "BG016"
    title = "Each server reaches the other one"
    severities = ("error", "info")
    why = (
        "It is not Airflow but green's server that connects to blue's, and blue's to green's after the cutover: other"
        " networks, other firewalls, other lines of pg_hba.conf, perhaps other names. Preflight lets each server open"
        " the connection that its subscription will open, and takes it back. Where a server finds the other one under"
        " another address than Airflow does, the connection's extra says so."
    )
    mend = 'open the way between the servers, or set extra {"cutover": {"peer_host": "10.0.0.5", "peer_port": "5432"}}'

    def check(self, pair: Pair) -> Iterator[Finding]:
        for reach in pair.reaches:
            origin, follower = (pair.blue, pair.green) if reach.origin == "blue" else (pair.green, pair.blue)
            name = f"{follower.name} to {origin.name}"
            if not reach.tried:
                yield self.info(
                    name, "not tried: the role lacks what it takes there, or the database is still to be made."
                )
            elif reach.problem:
                message = f"{follower.name}'s server cannot subscribe to {origin.info.label()}: {reach.problem}."
                fix = (
                    f"open the way (network, pg_hba.conf), or say in the extra of connection {origin.info.conn_id!r}"
                    f" where {follower.name}'s server finds it:"
                    ' {"cutover": {"peer_host": "...", "peer_port": "..."}}.'
                )
                yield self.error(name, message, fix)
