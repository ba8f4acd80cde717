"""Encrypt a stream into a file while its checksum is taken; nothing readable is ever written."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyrage

from cutover.connections import ConnectionInfo
from cutover.errors import CutoverError

SETTING = "age_recipients"


class NoRecipient(CutoverError):
    """Nobody is named who could decrypt a backup."""

    code = "BAK001"


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted file. ``sha256`` and ``size`` are those of the file as it lies there."""

    path: Path
    sha256: str
    size: int


class _Digest:
    """A file for writing that knows what was written."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self.sha, self.size = out, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.sha.update(data)
        self.size += len(data)
        return self._out.write(data)

    def flush(self) -> None:
        self._out.flush()


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


def seal(reader: IO[bytes], path: Path, to: Sequence[Any]) -> Sealed:
    """Encrypt all that ``reader`` gives into ``path``, for the holders of any of the keys in ``to``."""
    with path.open("wb") as out:
        digest = _Digest(out)
        pyrage.encrypt_io(reader, digest, list(to))
    return Sealed(path, digest.sha.hexdigest(), digest.size)
