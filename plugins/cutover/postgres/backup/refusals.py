"""Why a rollback point is refused, each reason with a code of its own."""

from __future__ import annotations

from cutover.errors import CutoverError


class PointUnknown(CutoverError):
    """There is no such rollback point."""

    code = "BAK010"


class PointUnfinished(CutoverError):
    """A rollback point has no manifest: it was not written to its end."""

    code = "BAK011"


class PartMissing(CutoverError):
    """A part of a rollback point is gone."""

    code = "BAK014"


class PartTruncated(CutoverError):
    """A part of a rollback point has not the length that it was written with."""

    code = "BAK015"


class PartDamaged(CutoverError):
    """A part of a rollback point has not the bytes that were written."""

    code = "BAK016"


class OtherKey(CutoverError):
    """A rollback point was encrypted for other keys."""

    code = "BAK017"


class ForeignDatabase(CutoverError):
    """A rollback point is of another database."""

    code = "BAK018"


class ServerTooOld(CutoverError):
    """A rollback point was taken from a newer server than the one it shall go to."""

    code = "BAK019"
