"""Preflight: everything that could stop a run of the online strategy, said before it begins, with what mends it.

One rule, one module, one stable code; docs/preflight.md is made from them. Facts are gathered once, in transactions
that are rolled back; the change itself is tried on an empty copy. No live table is locked beyond ACCESS SHARE.
"""

from cutover.postgres.preflight.facts import Facts, Limits
from cutover.postgres.preflight.finding import Finding, Severity
from cutover.postgres.preflight.gather import gather
from cutover.postgres.preflight.locks import LockNeeded, locks_of, required_locks
from cutover.postgres.preflight.runner import judge, run_rules

__all__ = [
    "Facts",
    "Finding",
    "Limits",
    "LockNeeded",
    "Severity",
    "gather",
    "judge",
    "locks_of",
    "required_locks",
    "run_rules",
]
