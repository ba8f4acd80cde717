"""What can go wrong when a database is taken back to a rollback point, each with a code that tickets can cite."""

from __future__ import annotations

from cutover.errors import CutoverError


class PointWithoutRows(CutoverError):
    """The rollback point holds a schema only."""

    code = "LRS001"


class OthersInTheWay(CutoverError):
    """The database is shared with another migration that the rollback point knows nothing of, or no longer."""

    code = "LRS002"


class LossNotAccepted(CutoverError):
    """Going back to the rollback point loses what was written since."""

    code = "LRS003"
