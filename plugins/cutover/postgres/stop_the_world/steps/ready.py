"""Preflight: what could keep a window from closing, from ending in time, or from being taken back."""

from __future__ import annotations

from cutover.context import RunContext
from cutover.postgres.preflight.finding import Finding, by_severity
from cutover.postgres.stop_the_world.errors import PreflightFailed


def preflight(ctx: RunContext) -> list[Finding]:
    """Return all findings; nothing is changed.

    :raises PreflightFailed: at least one finding is an error; all of them are named.
    :raises ConnectionRefused: a database cannot be reached, or refuses the login.
    """
    # The rules know the strategies' modules; imported here, each of them can be imported before the others.
    from cutover.postgres.stop_the_world import readiness

    findings = sorted(readiness.findings(ctx), key=by_severity)
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
            fix="do what is shown with each finding, then trigger the run again.",
        )
    return findings
