"""Take verdicts as a task does: log each, and fail when one of them says that the run must not go on."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from cutover.errors import CutoverError
from cutover.journal.check import Check

log = logging.getLogger("cutover.operators")


class ChecksFailed(CutoverError):
    """A check says that the two sides differ, or that the new one is not fit to be live."""

    code = "OPR008"


def read(verdicts: Iterable[Mapping[str, Any]]) -> list[Check]:
    """Return the checks, each logged in one line."""
    checks = [Check.from_dict(verdict) for verdict in verdicts]
    for check in checks:
        level = logging.INFO if check.ok else logging.ERROR if check.blocks else logging.WARNING
        log.log(level, "%s %s", "ok  " if check.ok else "FAIL", describe(check))
    return checks


def judge(checks: list[Check], *, fix: str) -> dict[str, Any]:
    """Return ``{"checks": n, "summary": [lines]}``. :raises ChecksFailed: at least one blocks."""
    failed = [check for check in checks if check.blocks]
    if failed:
        named = "; ".join(describe(check) for check in failed)
        raise ChecksFailed(f"{len(failed)} of {len(checks)} checks failed: {named}", fix=fix)
    return {"checks": len(checks), "summary": [describe(check) for check in checks]}


def describe(check: Check) -> str:
    """Return a verdict in one line."""
    where = f" ({check.object})" if check.object else ""
    return f"{check.name}{where}: {check.summary}"
