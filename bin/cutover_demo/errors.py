"""What can go wrong with the demo itself."""

from __future__ import annotations

from cutover.errors import CutoverError


class DemoError(CutoverError):
    """Base of the demo's errors."""

    code = "DEMO000"


class WriterDied(DemoError):
    """A writer process ended by itself."""

    code = "DEMO001"


class WriterSlow(DemoError):
    """The writers did not reach a state in time."""

    code = "DEMO002"


class RunStuck(DemoError):
    """A DAG run did not end in time."""

    code = "DEMO004"


class DatabaseBusy(DemoError):
    """Another run works on the shop's database."""

    code = "DEMO005"
