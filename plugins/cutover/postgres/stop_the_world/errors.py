"""What can go wrong in a window, each with a code that tickets can cite."""

from __future__ import annotations

from cutover.errors import CutoverError


class NotReady(CutoverError):
    """The run has not come as far as the step needs, or is past it."""

    code = "STW001"


class NotClosed(CutoverError):
    """The doors could not be closed; they are open again, as if nothing had been."""

    code = "STW002"


class SessionsStay(CutoverError):
    """Sessions of applications do not end."""

    code = "STW003"


class UpFailed(CutoverError):
    """The migration's SQL failed; its transaction was rolled back, and the database is as it was."""

    code = "STW004"


class WouldLose(CutoverError):
    """Going back now loses what was written since the doors were opened."""

    code = "STW005"


class NoVault(CutoverError):
    """A rollback point is needed, and nobody has said where they are kept."""

    code = "STW006"


class NotAsBefore(CutoverError):
    """What was restored is not what the rollback point says."""

    code = "STW008"


class NotSwapped(CutoverError):
    """The restored database could not take the old one's place."""

    code = "STW009"


class PreflightFailed(CutoverError):
    """Preflight has findings that forbid the run."""

    code = "STW010"
