"""What is wrong with them, or what they said."""

from __future__ import annotations

from cutover.errors import CutoverError


class ProgramsMissing(CutoverError):
    """No pg_dump and pg_restore that are new enough for both servers."""

    code = "BGR026"


class ProgramFailed(CutoverError):
    """pg_dump or pg_restore ended with an error."""

    code = "BGR027"

    def __init__(self, what: str, *, said: str = "", fix: str | None = None) -> None:
        super().__init__(what, fix=fix)
        self.said = said
