"""The spec's suites, on the live side alone."""

from __future__ import annotations

from collections.abc import Iterator

from cutover import strategies
from cutover.context import RunContext
from cutover.journal.check import Check
from cutover.observing import verdicts
from cutover.observing.subject import Subject
from cutover.validation import suites

NAMED = 3


def take(ctx: RunContext, of: Subject) -> Iterator[Check]:
    """Run those that compare nothing: what they compare is what the count difference is for."""
    migration = ctx.spec.name
    names = [name for name in ctx.spec.validation.suites if not suites.comparing(migration, [name])]
    tables = strategies.of(ctx).observe.judged(ctx) if names else []
    if not tables:
        return
    checks = suites.run(of.live, migration=migration, suites=names, tables=tables, cancel=ctx.cancel)
    ctx.cancel.check()
    failed = [check for check in checks if check.blocks and "error" not in check.figures]
    unclear = [check for check in checks if "error" in check.figures]
    if unclear and not failed:
        why = f"{len(unclear)} expectations could not be computed: {unclear[0].figures['error']}"
        yield verdicts.untaken("OBSERVE_SUITES", why)
        return
    named = "; ".join(f"{check.object}: {check.name}: {check.summary}" for check in failed[:NAMED])
    text = (
        f"{len(failed)} of {len(checks)} expectations fail: {named}" if failed else f"{len(checks)} expectations hold"
    )
    yield verdicts.judged("OBSERVE_SUITES", len(failed), of.thresholds.violations, text, unit="expectations")
