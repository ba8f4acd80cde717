"""Two sorted streams of (key, hash) side by side: what is missing, what differs, with the memory of two rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cutover.postgres.rowdiff.errors import DiffImpossible
from cutover.postgres.rowdiff.model import Key, Kind

Row = tuple[Key, int]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A key whose row is not the same on both sides; a hash is ``None`` where the row is missing."""

    key: Key
    left: int | None
    right: int | None

    @property
    def kind(self) -> Kind:
        if self.right is None:
            return "missing_right"
        return "missing_left" if self.left is None else "changed"


def suspects(left: Iterable[Row], right: Iterable[Row]) -> Iterator[Suspect]:
    """Merge two streams, each in strictly ascending order of its keys.

    :raises DiffImpossible: a stream is not; whatever came out of it would be wrong.
    """
    ones, others = _ascending(left), _ascending(right)
    one, other = next(ones, None), next(others, None)
    while one or other:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None
            yield Suspect(one[0], one[1], None)
            one = next(ones, None)
        elif one is None or other[0] < one[0]:
            yield Suspect(other[0], None, other[1])
            other = next(others, None)
        else:
            if one[1] != other[1]:
                yield Suspect(one[0], one[1], other[1])
            one, other = next(ones, None), next(others, None)


def _ascending(rows: Iterable[Row]) -> Iterator[Row]:
    last: Key | None = None
    for row in rows:
        if last is not None and row[0] <= last:
            raise DiffImpossible(
                f"the server's order of keys is not that of their bytes: {row[0]} came after {last}.",
                fix="compare by a unique key; the encoding of both databases must be UTF8.",
            )
        last = row[0]
        yield row
