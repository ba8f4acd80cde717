"""Preflight: what could keep a window from closing, from ending in time, or from being taken back."""

from __future__ import annotations

from cutover.context import RunContext
from cutover.postgres.preflight.finding import Finding, by_severity
from cutover.postgres.preflight.telling import tell
from cutover.postgres.stop_the_world.errors import PreflightFailed


def preflight(ctx: RunContext) -> list[Finding]:
    """Return all findings; nothing is changed.

    :raises PreflightFailed: at least one finding is an error; all of them are named.
    :raises ConnectionRefused: a database cannot be reached, or refuses the login.
    """
    # The rules know the strategies' modules; imported here, each of them can be imported before the others.
    from cutover.postgres.stop_the_world import readiness

    findings = sorted(readiness.findings(ctx), key=by_severity)
    tell(ctx, findings, PreflightFailed)
    return findings
