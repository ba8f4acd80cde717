"""The errors of the local stack; the same shape as the project's own."""

from __future__ import annotations

from cutover.errors import CutoverError


class StackError(CutoverError):
    """Something that the local stack needs is missing, did not start or does not answer."""

    code = "STK001"


class ServerDidNotStart(StackError):
    """A server ended, or did not answer in time, while it was being started."""

    code = "STK002"
