"""What keeps a row diff from giving a verdict."""

from __future__ import annotations

from cutover.errors import CutoverError


class DiffImpossible(CutoverError):
    """The two sides cannot be compared as asked: their columns or keys do not fit together."""

    code = "DIFF001"


class KeyNotUnique(CutoverError):
    """The key names several rows, so rows of the two sides cannot be paired."""

    code = "DIFF002"


class KeyHasNulls(CutoverError):
    """A key column holds NULL: such a row cannot be paired with one of the other side."""

    code = "DIFF003"
