"""When is a difference between two databases one, although no snapshot sees both?

The right side follows the left one with some lag. What differs may be on its way. So it is looked at again after the
right side has replayed everything that the left one had at the first look. A row that is then still the same on
each side, and still different between them, has been neither written nor mended: it differs. A row that has moved on
is looked at once more.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable

from cutover.postgres.rowdiff.chunks import KeyRange
from cutover.postgres.rowdiff.look import Look
from cutover.postgres.rowdiff.merge import Suspect
from cutover.postgres.rowdiff.model import Key
from cutover.postgres.rowdiff.pairs import Part
from cutover.postgres.rowdiff.verdict import KEYS_PER_LOOK, KEYS_REMEMBERED


class Suspicion:
    """Remembers how suspects looked the last time.

    :param final: nobody writes, so every difference is one at first sight.
    :param keep: how many examples a look lists.
    """

    def __init__(self, *, final: bool, keep: int) -> None:
        self._final = final
        self._keep = keep
        self._rows: dict[Key, Suspect] = {}
        self._ranges: dict[int, bytes] = {}
        self._lock = threading.Lock()

    def judge(self, look: Look, part: Part, found: Iterable[Suspect]) -> None:
        """Add the suspects of one look: as differences, or as in flight."""
        if isinstance(part, KeyRange):
            self._judge_range(look, part, found)
        else:
            for suspect in found:
                self._judge_row(look, suspect)

    def _judge_row(self, look: Look, suspect: Suspect) -> None:
        with self._lock:
            same = self._final or self._rows.pop(suspect.key, None) == suspect
            if not same:
                self._rows[suspect.key] = suspect
        if same:
            self._count(look, suspect)
        else:
            look.in_flight += 1
            look.in_flight_keys.append(suspect.key)

    def _judge_range(self, look: Look, part: KeyRange, found: Iterable[Suspect]) -> None:
        """Few suspects are followed one by one; many, as the digest of them all."""
        digest, first = hashlib.blake2b(digest_size=16), list[Suspect]()
        counted = Look(look.rows_left, look.rows_right)
        for suspect in found:
            digest.update(repr(suspect).encode())
            if len(first) <= KEYS_PER_LOOK:
                first.append(suspect)
            self._count(counted, suspect)
        with self._lock:
            seen = self._ranges.pop(part.number, None)
            few = len(first) <= KEYS_PER_LOOK and len(self._rows) + len(first) <= KEYS_REMEMBERED
        if self._final or (first and seen == digest.digest()):
            look.totals, look.examples = counted.totals, counted.examples
        elif few:
            for suspect in first:
                self._judge_row(look, suspect)
        else:
            with self._lock:
                self._ranges[part.number] = digest.digest()
            look.in_flight = counted.totals.total()
            # Fewer than there are: so the whole range is looked at again.
            look.in_flight_keys = [suspect.key for suspect in first[: min(KEYS_PER_LOOK, look.in_flight - 1)]]

    def _count(self, look: Look, suspect: Suspect) -> None:
        look.totals[suspect.kind] += 1
        if len(look.examples) < self._keep:
            look.examples.append((suspect.kind, suspect.key))
