"""What can be wrong with the journal or with what it is asked."""

from __future__ import annotations

from cutover.errors import CutoverError


class JournalUnavailable(CutoverError):
    """The journal's server could not be reached, or dropped the connection, for longer than the caller waits."""

    code = "JRN001"


class JournalMissing(CutoverError):
    """The journal's schema is not there, or it is older or newer than this code."""

    code = "JRN002"


class RunRefused(CutoverError):
    """The run may not begin, or may not become active again.

    :ivar active_run_id: the run that is in the way, where there is one.
    """

    code = "JRN003"

    def __init__(self, what: str, *, fix: str | None = None, active_run_id: str | None = None) -> None:
        super().__init__(what, fix=fix)
        self.active_run_id = active_run_id


class RunUnknown(CutoverError):
    """No run has this id."""

    code = "JRN004"


class StateRefused(CutoverError):
    """A run that has ended cannot go to the wanted state."""

    code = "JRN005"


class NotJsonSafe(CutoverError):
    """Data for the journal holds something that JSON cannot carry unchanged."""

    code = "JRN006"


class DocumentUnknown(CutoverError):
    """The run has no document of this name."""

    code = "JRN007"


class ControlRefused(CutoverError):
    """A live control has an unknown name or a value that makes no sense."""

    code = "JRN008"


class RehearsalUnknown(CutoverError):
    """No rehearsal has this id."""

    code = "JRN009"
