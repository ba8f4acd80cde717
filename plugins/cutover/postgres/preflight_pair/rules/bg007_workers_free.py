"""BG007: a worker that applies changes can start on both servers."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.rule import SideRule


class WorkersFree(SideRule):
    code = "BG007"
    title = "A logical replication worker and an origin are free on both servers"
    severities = ("error", "warning")
    why = (
        "Changes are applied by a background worker: on green until the cutover, on blue after it. It takes one of"
        " max_logical_replication_workers, which are taken from max_worker_processes, and one replication origin (as"
        " many as max_replication_slots; a setting of its own, max_active_replication_origins, since 18). Where none"
        " is free the subscription waits without an error."
    )
    mend = "ALTER SYSTEM SET max_logical_replication_workers = 8; -- then restart the server"

    def check_side(self, side: Side, pair: Pair) -> Iterator[Finding]:
        server = side.server
        follows = any(run.number == pair.limits.run_number for run in side.runs) and server.workers_used > 0
        if server.workers - server.workers_used + follows < 1:
            message = f"all {server.workers} logical replication workers are in use (max_logical_replication_workers)."
            fix = f"ALTER SYSTEM SET max_logical_replication_workers = {server.workers + 4}; -- then restart the server"
            yield self.error(side.label, message, fix)
        if server.origins - server.origins_used + follows < 1:
            name = "max_active_replication_origins" if server.major >= 18 else "max_replication_slots"
            message = f"all {server.origins} replication origins are in use ({name})."
            fix = f"ALTER SYSTEM SET {name} = {server.origins + 5}; -- then restart the server"
            yield self.error(side.label, message, fix)
        if server.processes <= server.workers:
            message = (
                f"max_worker_processes is {server.processes}, and max_logical_replication_workers {server.workers}:"
                " parallel queries, or others' workers, can keep ours from starting."
            )
            fix = f"ALTER SYSTEM SET max_worker_processes = {server.workers + 8}; -- then restart the server"
            yield self.warning(side.label, message, fix)
