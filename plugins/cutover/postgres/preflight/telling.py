"""Say what a preflight found, and stop where a finding forbids to go on; the same for every strategy."""

from __future__ import annotations

from collections.abc import Sequence

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.preflight.finding import Finding


def tell(ctx: RunContext, findings: Sequence[Finding], failed: type[CutoverError]) -> None:
    """Log every finding with its object and what mends it.

    :raises CutoverError: of the kind ``failed``: at least one finding is an error; all of them are named.
    """
    for finding in findings:
        level = {"error": ctx.log.error, "warning": ctx.log.warning}.get(finding.severity, ctx.log.info)
        level(
            "[%s] %s: %s%s", finding.code, finding.object, finding.message, f"\n  {finding.fix}" if finding.fix else ""
        )
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        listed = "\n".join(f"  [{f.code}] {f.object}: {f.message}\n    {f.fix or ''}" for f in errors)
        raise failed(
            f"preflight of {ctx.spec.name!r} found {len(errors)} error{'' if len(errors) == 1 else 's'}:\n{listed}",
            fix="do what is shown with each finding, then trigger the run again.",
        )
