"""Preflight: the rules of :mod:`cutover.postgres.preflight`, run for a whole spec."""

from __future__ import annotations

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.journal.errors import RunUnknown
from cutover.postgres.preflight import Finding, run_rules
from cutover.postgres.preflight.telling import tell


class PreflightFailed(CutoverError):
    """Preflight has findings that forbid the run."""

    code = "ONL006"


def _number(ctx: RunContext) -> int | None:
    """The run's number; a draft, of which no journal knows, has none."""
    try:
        return ctx.journal.get_run(ctx.run_id).number
    except RunUnknown:
        return None


def preflight(ctx: RunContext) -> list[Finding]:
    """Return all findings; nothing is changed.

    :raises PreflightFailed: at least one finding is an error; all of them are named.
    """
    with ctx.source("preflight", lock_timeout="1s", statement_timeout="60s") as db:
        findings = run_rules(db, ctx.spec, run_id=ctx.run_id, run_number=_number(ctx))
    tell(ctx, findings, PreflightFailed)
    return findings
