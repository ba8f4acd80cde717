"""Preflight: what could keep double writing from coming to its end."""

from __future__ import annotations

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.dual_write import readiness
from cutover.postgres.preflight.finding import Finding, by_severity
from cutover.postgres.preflight.telling import tell


class PreflightFailed(CutoverError):
    """Preflight has findings that forbid the run."""

    code = "DUA004"


def preflight(ctx: RunContext) -> list[Finding]:
    """Return all findings; nothing is changed.

    :raises PreflightFailed: at least one finding is an error; all of them are named.
    :raises ConnectionRefused: the database cannot be reached, or refuses the login.
    """
    found = sorted(readiness.findings(ctx), key=by_severity)
    tell(ctx, found, PreflightFailed)
    return found
