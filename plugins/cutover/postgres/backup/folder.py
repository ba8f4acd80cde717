"""Keep backups in a folder of this machine, or of a file system that is mounted here."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from cutover.postgres.backup.store import NotInStore, NotStored, pieces

HALF = ".part"
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class FolderStore:
    """A folder. Files in it are for their owner only; until one is whole it has a name of its own."""

    folder: Path

    @property
    def label(self) -> str:
        return str(self.folder)

    def put(self, name: str, reader: IO[bytes]) -> int:
        """Write, sync, rename; what is not written to the end is taken away."""
        kept = self._path(name)
        half = kept.with_name(f"{kept.name}.{secrets.token_hex(4)}{HALF}")
        try:
            kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            size = _write(half, reader)
            half.replace(kept)
            _sync(kept.parent)
        except OSError as error:
            raise NotStored(
                f"{name} cannot be kept in {self.folder}: {error.strerror or error}.",
                fix=f"see to space and permissions of {self.folder}, then run it again.",
            ) from error
        finally:
            half.unlink(missing_ok=True)
        return size

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        try:
            file = self._path(name).open("rb")
        except FileNotFoundError:
            raise NotInStore(f"there is no {name} in {self.folder}.") from None
        with file:
            yield file

    def size(self, name: str) -> int | None:
        try:
            return self._path(name).stat().st_size
        except FileNotFoundError:
            return None

    def names(self, prefix: str) -> list[str]:
        return [name for name in self._all(prefix) if not name.endswith(HALF)]

    def delete(self, names: Sequence[str]) -> None:
        for name in names:
            path = self._path(name)
            path.unlink(missing_ok=True)
            for folder in path.parents:
                if folder == self.folder:
                    break
                with suppress(OSError):  # not empty yet, or somebody was quicker
                    folder.rmdir()

    def sweep(self, prefix: str, before: datetime | None = None) -> int:
        halves = [name for name in self._all(prefix) if name.endswith(HALF)]
        if before:
            halves = [name for name in halves if self._path(name).stat().st_mtime < before.timestamp()]
        self.delete(halves)
        return len(halves)

    def _path(self, name: str) -> Path:
        path = self.folder / name
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise NotInStore(f"{name!r} leads out of {self.folder}.")
        return path

    def _all(self, prefix: str) -> list[str]:
        top = self._path(prefix.rpartition("/")[0])
        found = (path for path in top.rglob("*") if path.is_file()) if top.is_dir() else ()
        names = (path.relative_to(self.folder).as_posix() for path in found)
        return sorted(name for name in names if name.startswith(prefix))


def _write(path: Path, reader: IO[bytes]) -> int:
    size = 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        for piece in pieces(reader, PIECE):
            size += target.write(piece)
        target.flush()
        os.fsync(target.fileno())
    return size


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
