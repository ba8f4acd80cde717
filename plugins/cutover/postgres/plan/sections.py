"""Sections that the plans of all strategies have: what preflight found, and who decides."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

from cutover.postgres.plan.words import code, prose, span
from cutover.postgres.preflight.finding import SEVERITIES, Finding

HEADINGS = {"error": "Errors: the run is refused", "warning": "Warnings", "info": "What will be done"}


class Peopled(Protocol):
    """What a plan knows about people and dates."""

    @property
    def approval(self) -> str: ...
    @property
    def window_start(self) -> str | None: ...
    @property
    def owner(self) -> str: ...
    @property
    def channel(self) -> str | None: ...
    @property
    def made_at(self) -> str: ...


def risks(findings: Sequence[Finding], elsewhere: Collection[str]) -> Iterator[str]:
    """Yield what preflight found, the worst first.

    :param elsewhere: codes whose infos other sections of the page say already.
    """
    yield "## Risks"
    yield ""
    if not any(finding.severity != "info" for finding in findings):
        yield "Preflight has neither an error nor a warning."
        yield ""
    for severity in SEVERITIES:
        found = [f for f in findings if f.severity == severity and not (severity == "info" and f.code in elsewhere)]
        if found:
            yield f"### {HEADINGS[severity]}"
            yield ""
            yield from (_finding(finding) for finding in found)
            yield ""


def _finding(finding: Finding) -> str:
    text = f"- {finding.code} **{prose(finding.object)}**: {prose(finding.message)}"
    return f"{text}\n  {code(finding.fix)}" if finding.fix and finding.severity != "info" else text


def point(taken: Mapping[str, Any]) -> str:
    """Say what rollback point there is, and how it was proven.

    :param taken: see :func:`cutover.postgres.plan.point.taken`.
    """
    proven = taken.get("restore_seconds")
    how = f"restored and compared row by row in {span(proven)}" if proven is not None else "read through"
    return f"rollback point {code(str(taken['point']))}, {how}"


def last_resort(taken: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield what is left where the way back fails."""
    if taken is None:
        yield "- Last resort: none. With `backup: {take: true}` in its spec a run begins with a proven rollback point."
        return
    yield (
        f"- Last resort: {point(taken)}. The rollback's form names it; what was written since is compared, row by row,"
        " and asked about first."
    )


TWICE = "asked twice: before anything is built, and before the cutover"


def people(plan: Peopled, asked: str = TWICE) -> Iterator[str]:
    """Yield who is asked, when it begins, and who answers for it.

    :param asked: how, where somebody is.
    """
    yield "## Approval, window, contact"
    yield ""
    yield f"- Approval: {asked if plan.approval == 'required' else 'not asked for'}."
    yield f"- Planned for: {plan.window_start or 'no time was set'}."
    yield f"- Owner: {prose(plan.owner)}. Progress: {prose(plan.channel) if plan.channel else 'the default channel'}."
    yield f"- Made {plan.made_at} from the database itself; figures are of that moment."
    yield ""
