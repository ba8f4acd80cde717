"""Words about other people's sessions, for the rules about locks and transactions."""

from __future__ import annotations

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.surroundings import Lock, OldTransaction

MODES = {
    "AccessShareLock": "ACCESS SHARE",
    "RowShareLock": "ROW SHARE",
    "RowExclusiveLock": "ROW EXCLUSIVE",
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}
# What a table's ordinary readers and writers take; anything else is DDL or maintenance.
EVERYDAY = frozenset({"AccessShareLock", "RowShareLock", "RowExclusiveLock"})


def is_idle(state: str) -> bool:
    return state.startswith("idle in transaction")


def shown(who: OldTransaction | Lock) -> str:
    """Return ``role app, psql``."""
    return f"role {who.role}" + (f", {who.application}" if who.application else "")


def held(facts: Facts, *, pid: int | None = None, prepared: str | None = None) -> str:
    """Return ``ACCESS SHARE on public.leads, ...`` for a session or prepared transaction; '' where it holds nothing."""
    return ", ".join(
        f"{MODES.get(lock.mode, lock.mode)} on {lock.schema}.{lock.relation}"
        for lock in facts.locks
        if lock.granted
        and ((pid is not None and lock.pid == pid) or (prepared is not None and lock.prepared == prepared))
    )
