"""Run every rule over one look at the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from cutover.postgres.preflight.facts import Facts, Limits
from cutover.postgres.preflight.finding import Finding, by_severity
from cutover.postgres.preflight.gather import gather
from cutover.postgres.preflight.rules import all_rules

if TYPE_CHECKING:
    from cutover.spec.models import Migration


def run_rules(
    db: psycopg.Connection[Any],
    spec: Migration,
    *,
    run_id: str | None = None,
    run_number: int | None = None,
    long_transaction: float = 60.0,
    lock_wait: int = 1000,
) -> list[Finding]:
    """Return everything that is to be said before ``spec`` is run with strategy ``online``, errors first.

    Nothing is changed: what is tried is rolled back, and no live table is locked beyond ACCESS SHARE.

    :param db: a session without an open transaction, opened as the role that will run the migration.
    :param run_id: the run that asks: what it has built itself is no obstacle when the step is run again.
    :param run_number: its number in the journal, part of its schemas' names.
    :param long_transaction: seconds after which an open transaction is reported.
    :param lock_wait: milliseconds that preflight waits for a lock before it reports the table as unreadable.
    :raises SessionBusy: ``db`` is in a transaction.
    """
    limits = Limits(run_id=run_id, run_number=run_number, long_transaction=long_transaction, lock_wait=lock_wait)
    return judge(gather(db, spec, limits))


def judge(facts: Facts) -> list[Finding]:
    """Return the findings of all rules over facts that were gathered before, errors first, none twice."""
    found = (finding for rule in all_rules() for finding in rule.check(facts))
    return sorted(dict.fromkeys(found), key=by_severity)
