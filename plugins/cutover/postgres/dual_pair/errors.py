"""What can go wrong where replication writes the other side, each with a code that tickets can cite."""

from __future__ import annotations

from cutover.errors import CutoverError


class NotCaughtUp(CutoverError):
    """The new side does not come close enough to the old one."""

    code = "DUA042"


class TooFarBehind(CutoverError):
    """Reads would be answered from too far in the past."""

    code = "DUA043"


class NothingToMend(CutoverError):
    """Rows of replicated tables are not mended by hand."""

    code = "DUA044"


class PreflightFailed(CutoverError):
    """Preflight has findings that forbid the run."""

    code = "DUA045"
