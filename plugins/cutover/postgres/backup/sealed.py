"""Encrypt a stream on its way into a store, and decrypt it on its way out; nothing readable is ever written.

The age format, so that the plain ``age`` tool can decrypt what is kept.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, cast

import pyrage

from cutover.connections import ConnectionInfo
from cutover.errors import CutoverError
from cutover.postgres.backup.store import NotStored, Store

SETTING = "age_recipients"
Tell = Callable[[int], None]


class NoRecipient(CutoverError):
    """Nobody is named who could decrypt a backup."""

    code = "BAK001"


class NotDecrypted(Exception):
    """The key does not fit, or what it shall open is no age file (any more); the checksum tells which."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was stored. ``sha256`` and ``size`` are those of the encrypted bytes, ``plain`` counts the bytes inside."""

    name: str
    size: int
    sha256: str
    plain: int


class Tap:
    """A stream that counts and hashes what passes through, in either direction."""

    def __init__(self, stream: IO[bytes] | None, tell: Tell | None = None, *, hashing: bool = False) -> None:
        self._stream, self._tell = stream, tell
        self._sha = hashlib.sha256() if hashing else None
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size) if self._stream else b""
        self._seen(data)
        return data

    def write(self, data: bytes) -> int:
        if self._stream:
            self._stream.write(data)
        self._seen(data)
        return len(data)

    def flush(self) -> None:
        if self._stream:
            self._stream.flush()

    @property
    def sha256(self) -> str:
        return self._sha.hexdigest() if self._sha else ""

    def drain(self) -> None:
        """Read what is left."""
        while self.read(1 << 20):
            pass

    def _seen(self, data: bytes) -> None:
        self.size += len(data)
        if self._sha:
            self._sha.update(data)
        if self._tell:
            self._tell(len(data))


def recipients(info: ConnectionInfo) -> list[pyrage.x25519.Recipient]:
    """Return the public keys that the store's connection names in its extra ``cutover``: ``age_recipients``.

    :raises NoRecipient: none, or something that is no public key of age.
    """
    named = info.settings.get(SETTING, "").replace(",", " ").split()
    fix = (
        "make a key with age-keygen, keep it away from here, and name its public half in the connection"
        f" {info.conn_id!r}:"
        ' extra {"cutover": {"age_recipients": "age1..."}}.'
    )
    if not named:
        raise NoRecipient(f"the connection {info.conn_id!r} names no key to encrypt backups for.", fix=fix)
    try:
        return [pyrage.x25519.Recipient.from_str(each) for each in named]
    except pyrage.RecipientError:
        raise NoRecipient(f"the connection {info.conn_id!r}: {SETTING} is not a public key of age.", fix=fix) from None


def put(store: Store, name: str, reader: IO[bytes], to: Sequence[Any], tell: Tell | None = None) -> Sealed:
    """Store all that ``reader`` gives, encrypted for the holders of any of the keys in ``to``.

    :param tell: is told how many bytes of ``reader`` have come.
    :raises NotStored: it could not be kept, or is not there as it was sent.
    """
    plain = Tap(reader, tell)
    with _encrypting(plain, to) as stream:
        size = store.put(name, stream)
        kept = stream.whole()
    there = store.size(name)
    if not size == kept.size == there:
        raise NotStored(
            f"{name} in {store.label} has {there} bytes of {kept.size} after it was stored.", fix="run it again."
        )
    return Sealed(name, size, kept.sha256, plain.size)


def decrypt(reader: Tap, writer: Tap, identity: Any) -> None:
    """Decrypt all of ``reader`` into ``writer``. What ``writer`` has by the time of an error is genuine, not whole.

    :raises NotDecrypted: it cannot be. Errors of ``writer`` come as they are.
    """
    watched = _Errors(writer)
    try:
        pyrage.decrypt_io(reader, watched, [identity])
    except (pyrage.DecryptError, OSError) as error:
        if watched.error:
            raise watched.error from None
        raise NotDecrypted(str(error)) from error


class _Errors:
    """Remembers what a writer raised: the library passes on its text only."""

    def __init__(self, writer: Tap) -> None:
        self._writer = writer
        self.error: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._writer.write(data)
        except BaseException as error:
            self.error = error
            raise

    def flush(self) -> None:
        self._writer.flush()


class _Stream:
    """The encrypted bytes as they come. It ends only where all was encrypted; otherwise it raises why not."""

    def __init__(self, handle: int, thread: threading.Thread, out: Tap, failed: list[BaseException]) -> None:
        self._handle, self._thread, self._out, self._failed = handle, thread, out, failed

    def read(self, size: int = -1) -> bytes:
        data = os.read(self._handle, size if 0 <= size < 1 << 20 else 1 << 20)
        if not data:
            self.whole()
        return data

    def whole(self) -> Tap:
        self._thread.join()
        if self._failed:
            raise self._failed[0]
        return self._out


@contextmanager
def _encrypting(reader: Tap, to: Sequence[Any]) -> Iterator[Any]:
    """The library pushes, and a store pulls: a thread and a pipe between them."""
    out, into = os.pipe()
    failed: list[BaseException] = []
    with os.fdopen(into, "wb", buffering=0) as pipe, os.fdopen(out, "rb", buffering=0) as end:
        tap = Tap(cast("IO[bytes]", _Whole(pipe)), hashing=True)

        def work() -> None:
            try:
                pyrage.encrypt_io(reader, tap, list(to))
            except BaseException as error:
                failed.append(error)
            finally:
                pipe.close()

        thread = threading.Thread(target=work, name="cutover-age", daemon=True)
        thread.start()
        # Where the block fails the pipe's end is closed, and the thread stops as soon as it writes or has read all.
        yield _Stream(end.fileno(), thread, tap, failed)


class _Whole:
    """Writes all of it: a raw pipe takes as much as it likes."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        while view:
            view = view[self._pipe.write(view) :]
        return len(data)

    def flush(self) -> None:
        pass
