"""PF041: nobody holds or awaits a strong lock on the tables now."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, duration, mending
from cutover.postgres.preflight.sessions import EVERYDAY, MODES, shown
from cutover.postgres.preflight.surroundings import Lock

WHO = "SELECT pid, mode, granted FROM pg_locks WHERE relation = {oid};"
PROGRESS = "SELECT phase, heap_blks_scanned, heap_blks_total FROM pg_stat_progress_vacuum WHERE pid = {pid};"
WRAPAROUND = "to prevent wraparound"


class LocksNow(Rule):
    code = "PF041"
    title = "Nobody is changing or maintaining the tables right now"
    severities = ("error", "warning")
    why = (
        "A strong lock that is held now (DDL, a long CREATE INDEX, VACUUM) or one that waits, with everybody"
        " queueing behind it, would make the first steps fail, or shows that somebody else is changing the table."
        " Behind an ACCESS EXCLUSIVE lock not even the catalog can be read. An autovacuum to prevent wraparound,"
        " unlike any other, does not give way: let it finish, cancelling it only makes it begin again."
    )
    mend = "SELECT pg_cancel_backend(4711);"

    def check(self, facts: Facts) -> Iterator[Finding]:
        for lock in facts.locks:
            if lock.prepared is None and lock.pid is not None and lock.mode not in EVERYDAY:
                yield self._of(lock)
        for table in facts.tables:
            if table.ordinary and not table.looked_at:
                message = f"it could not be read within {facts.limits.lock_wait} ms: somebody's lock is in the way."
                fix = mending(WHO, oid=sql.Literal(table.relation.oid))
                yield self.error(table.label, message, fix)

    def _of(self, lock: Lock) -> Finding:
        name = f"{lock.schema}.{lock.relation}"
        mode = MODES.get(lock.mode, lock.mode)
        age = f" for {duration(lock.seconds)}" if lock.seconds is not None else ""
        if WRAPAROUND in lock.query:
            message = (
                f"an autovacuum {WRAPAROUND} is at work on it (pid {lock.pid}){age}; it does not give way to others."
            )
            return self.warning(name, message, "wait for it: " + mending(PROGRESS, pid=sql.Literal(lock.pid)))
        verb = "holds" if lock.granted else "waits for"
        message = f"pid {lock.pid} ({shown(lock)}) {verb} {mode} on it{age}: {lock.query!r}."
        fix = f"SELECT pg_cancel_backend({lock.pid});"
        if lock.mode == "AccessExclusiveLock":
            return self.error(name, message, fix)
        return self.warning(name, message, fix)
