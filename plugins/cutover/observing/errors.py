"""What keeps a run from being observed."""

from __future__ import annotations

from cutover.errors import CutoverError


class NotLive(CutoverError):
    """The run has not cut over, or its window is closed: there is nothing to observe."""

    code = "OBS001"


class NotOneNumber(CutoverError):
    """A query of the spec's own gave something else than one number."""

    code = "OBS002"
