"""What keeps a suite from being run at all; an expectation that fails is a check, no error."""

from __future__ import annotations

from cutover.errors import CutoverError


class SuiteUnknown(CutoverError):
    """The spec names a suite that no file holds."""

    code = "SUITE001"


class SuiteBroken(CutoverError):
    """A suite's file cannot be read, or says something that Great Expectations does not know."""

    code = "SUITE002"


class SuiteCannotRun(CutoverError):
    """The database does not let the suites look at the tables."""

    code = "SUITE003"
