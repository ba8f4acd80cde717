"""Preflight: what could keep a change in place from coming to its end."""

from __future__ import annotations

from cutover.context import RunContext
from cutover.postgres.dual_write.steps.ready import PreflightFailed
from cutover.postgres.in_place import readiness
from cutover.postgres.preflight.finding import Finding, by_severity
from cutover.postgres.preflight.telling import tell


def preflight(ctx: RunContext) -> list[Finding]:
    """Return all findings; nothing is changed.

    :raises PreflightFailed: at least one finding is an error; all of them are named.
    :raises ConnectionRefused: the database cannot be reached, or refuses the login.
    """
    found = sorted(readiness.findings(ctx), key=by_severity)
    tell(ctx, found, PreflightFailed)
    return found
