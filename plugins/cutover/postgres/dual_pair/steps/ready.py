"""Preflight: the rules for a pair of databases, and what is to be said of the flag."""

from __future__ import annotations

from cutover.context import RunContext
from cutover.postgres.dual_pair import readiness
from cutover.postgres.dual_pair.errors import PreflightFailed
from cutover.postgres.preflight import Finding
from cutover.postgres.preflight.telling import tell


def preflight(ctx: RunContext) -> list[Finding]:
    """Return all findings; nothing is changed.

    :raises PreflightFailed: at least one finding is an error; all of them are named.
    :raises ConnectionRefused: a side cannot be reached, or refuses the login.
    """
    findings = readiness.findings(ctx)
    tell(ctx, findings, PreflightFailed)
    return findings
