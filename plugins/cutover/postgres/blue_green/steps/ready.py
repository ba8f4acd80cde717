"""Preflight: the rules of :mod:`cutover.postgres.preflight_pair`, run for a whole spec."""

from __future__ import annotations

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.preflight import Finding
from cutover.postgres.preflight.telling import tell


class PreflightFailed(CutoverError):
    """Preflight has findings that forbid the run."""

    code = "BGR070"


def preflight(ctx: RunContext) -> list[Finding]:
    """Return all findings; nothing is changed.

    :raises PreflightFailed: at least one finding is an error; all of them are named.
    :raises ConnectionRefused: a side cannot be reached, or refuses the login.
    """
    # The rules know the strategy's other modules; imported here, the strategy can be imported before them.
    from cutover.postgres.preflight_pair import run_rules

    findings = run_rules(ctx)
    tell(ctx, findings, PreflightFailed)
    return findings
