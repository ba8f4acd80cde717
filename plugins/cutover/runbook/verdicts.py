"""A run's checks, each told once however often it was made: a run in its window is looked at a thousand times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cutover.journal.check import Check
from cutover.messages.words import plural


@dataclass(frozen=True, slots=True)
class Seen:
    """One check.

    :param last: its newest verdict.
    :param trouble: the newest verdict that was not good; a hint (severity ``info``) is no trouble.
    :param times: how often it was made; ``bad``: how often it was not good.
    """

    last: Check
    trouble: Check | None
    times: int
    bad: int

    @property
    def shown(self) -> list[Check]:
        """The verdicts that are worth a line: the newest, and before it one that was not good."""
        return [self.last] if self.trouble in (None, self.last) else [self.trouble, self.last]  # type: ignore[list-item]

    @property
    def often(self) -> str:
        """How often, in words; nothing of what was made once."""
        if self.times == 1:
            return ""
        return f"{self.bad} of {plural(self.times, 'time')}" if self.bad else plural(self.times, "time")


def seen(checks: Iterable[Check]) -> list[Seen]:
    """Return one entry for each check by code, name and object, in the order in which they were first made."""
    found: dict[tuple[str, str, str | None], Seen] = {}
    for check in checks:
        key, wrong = (check.code, check.name, check.object), troubles(check)
        before = found.get(key, Seen(check, None, 0, 0))
        trouble = check if wrong else before.trouble
        found[key] = Seen(check, trouble, before.times + 1, before.bad + wrong)
    return list(found.values())


def troubles(check: Check) -> bool:
    """Whether a verdict is one that somebody has to see to."""
    return not check.ok and check.severity != "info"
