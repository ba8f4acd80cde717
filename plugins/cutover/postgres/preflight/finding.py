"""What a preflight rule has to say."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Finding:
    """One verdict about one object.

    :param code: stable, ``PF001`` ...; see docs/preflight.md.
    :param severity: ``error`` blocks the run, ``warning`` is for the one who approves, ``info`` says what will be done.
    :param object: the object's name as a person would write it, e.g. ``public.leads``.
    :param fix: SQL that can be pasted as it is, or the setting that mends it; None where there is nothing to mend.
    """

    code: str
    severity: Severity
    object: str
    message: str
    fix: str | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        text = f"[{self.code}] {self.severity}: {self.object}: {self.message}"
        return f"{text}\n  To mend it: {self.fix}" if self.fix else text


def by_severity(finding: Finding) -> tuple[int, str, str]:
    """Sort key: errors first, then by code and object."""
    return SEVERITIES.index(finding.severity), finding.code, finding.object
