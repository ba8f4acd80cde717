"""Preflight: the rules of :mod:`cutover.postgres.preflight_pair`, run for a whole spec."""

from __future__ import annotations

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.preflight import Finding


class PreflightFailed(CutoverError):
    """Preflight has findings that forbid the run."""

    code = "BGR070"


def preflight(ctx: RunContext) -> list[Finding]:
    """Return all findings; nothing is changed.

    :raises PreflightFailed: at least one finding is an error; all of them are named.
    :raises ConnectionRefused: a side cannot be reached, or refuses the login.
    """
    # Not above: the rules use parts of this package, whose facade leads here.

    # The rules know the strategy's other modules; imported here, the strategy can be imported before them.
    from cutover.postgres.preflight_pair import run_rules

    findings = run_rules(ctx)
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
