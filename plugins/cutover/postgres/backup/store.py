"""Where backups are kept: the few things that a folder and an S3 have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import IO, Protocol

from cutover.errors import CutoverError


class NotStored(CutoverError):
    """Something could not be kept, or is not there as it was sent."""

    code = "BAK002"


class NotInStore(CutoverError):
    """Something is not in the store."""

    code = "BAK003"


class StoreUnknown(CutoverError):
    """A connection does not say where backups are kept."""

    code = "BAK004"


class Store(Protocol):
    """A flat space of names with slashes in them. Each method may be called from several threads at a time."""

    @property
    def label(self) -> str:
        """For people: ``s3://bucket/prefix``, ``/srv/backups``."""

    def put(self, name: str, reader: IO[bytes]) -> int:
        """Keep all that ``reader`` gives, or nothing; return how many bytes that were.

        :param reader: is read once, from where it stands; what it raises leaves nothing behind.
        :raises NotStored: it could not be kept.
        """

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Open for reading, front to back.

        :raises NotInStore: there is no such name.
        """

    def size(self, name: str) -> int | None:
        """Return the number of bytes; None where there is no such name."""

    def names(self, prefix: str) -> list[str]:
        """Return all names that begin with ``prefix``, sorted; never those of what is not there as a whole."""

    def delete(self, names: Sequence[str]) -> None:
        """Delete them; one that is not there is no error."""

    def sweep(self, prefix: str, before: datetime | None = None) -> int:
        """Clear away what interrupted puts below ``prefix`` have left behind; return how many there were.

        :param before: only what is older; None: all, for nobody else can be at work there.
        """


def read(store: Store, name: str) -> bytes:
    """Return a small thing as a whole."""
    with store.open(name) as found:
        return found.read()


def pieces(reader: IO[bytes], size: int) -> Iterator[bytes]:
    """Yield what ``reader`` gives, ``size`` bytes at a time; a reader may give less than it is asked for."""
    while True:
        found = bytearray()
        while len(found) < size and (more := reader.read(size - len(found))):
            found += more
        if not found:
            return
        yield bytes(found)
