"""The errors that people see: each names the object, says what happened and what mends it."""

from __future__ import annotations


class CutoverError(Exception):
    """Base of every error that is meant for an operator.

    :param what: one sentence that names the object and says what happened.
    :param fix: the SQL, setting or action that mends it; shown on a line of its own.
    """

    code = "CUT000"

    def __init__(self, what: str, *, fix: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix

    def __str__(self) -> str:
        text = f"[{self.code}] {self.what}"
        return f"{text}\n  To mend it: {self.fix}" if self.fix else text


class Cancelled(CutoverError):
    """An operator stopped the step; its statements were cancelled on the server."""

    code = "CUT001"


class ConnectionUnknown(CutoverError):
    """A connection id has no definition in Airflow or in the environment."""

    code = "CUT002"


class ConnectionRefused(CutoverError):
    """The server could not be reached or refused the login."""

    code = "CUT003"


class TargetMissing(CutoverError):
    """A step between two databases was asked of a migration that has one."""

    code = "CUT004"
