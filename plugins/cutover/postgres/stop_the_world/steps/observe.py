"""Observe: after a maintenance window nothing follows; what is live can be looked at all the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cutover.context import RunContext
from cutover.postgres.blue_green.steps import observe as pair
from cutover.postgres.follower import Behind, Differences
from cutover.postgres.stop_the_world import form, judging
from cutover.validation.suites import SuiteTable

LOSS = "nothing follows: what was written since the doors opened would be lost"


def behind(ctx: RunContext, mark: Mapping[str, Any]) -> Behind:
    """Going back loses what was written, so nobody but a person decides that."""
    return Behind(None, LOSS, [LOSS])


def differences(ctx: RunContext) -> Iterator[Differences]:
    """There is nothing to compare with: the old state stays as it was."""
    return iter(())


def judged(ctx: RunContext) -> list[SuiteTable]:
    """Return the live tables, for suites that judge one side alone."""
    if form.across(ctx):
        return pair.judged(ctx)
    return [judging.suite_table(table.name) for table in ctx.spec.tables]
