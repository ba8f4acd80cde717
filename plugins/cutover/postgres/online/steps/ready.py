"""Preflight: the rules of :mod:`cutover.postgres.preflight`, run for a whole spec."""

from __future__ import annotations

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.journal.errors import RunUnknown
from cutover.postgres.preflight import Finding, run_rules


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
    for finding in findings:
        level = {"error": ctx.log.error, "warning": ctx.log.warning}.get(finding.severity, ctx.log.info)
        level(
            "[%s] %s: %s%s", finding.code, finding.object, finding.message, f"\n  {finding.fix}" if finding.fix else ""
        )
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        listed = "\n".join(f"  [{f.code}] {f.object}: {f.message}\n    {f.fix or ''}" for f in errors)
        raise PreflightFailed(
            f"preflight of {ctx.spec.name!r} found {len(errors)} errors:\n{listed}",
            fix="run the SQL shown with each finding, then trigger the run again.",
        )
    return findings
