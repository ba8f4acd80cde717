"""Open the store that a connection describes, and the keys that backups are encrypted for and read with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyrage

from cutover.connections import ConnectionInfo, Resolver
from cutover.errors import CutoverError
from cutover.postgres.backup.folder import FolderStore
from cutover.postgres.backup.sealed import recipients
from cutover.postgres.backup.store import Store, StoreUnknown

Opener = Callable[[ConnectionInfo], Store]


class NoKey(CutoverError):
    """A connection holds no private key that backups could be read with."""

    code = "BAK005"


@dataclass(frozen=True, slots=True)
class Vault:
    """A store with its keys.

    :ivar recipients: public keys of all who shall be able to decrypt.
    :ivar identity: the private key; None where nothing has to be read.
    """

    store: Store
    recipients: Sequence[Any]
    identity: Any = field(default=None, repr=False)


def from_connection(info: ConnectionInfo) -> Store:
    """Return the folder that a connection's extra ``cutover`` names as ``path``; what is in S3 needs Airflow's hook.

    :raises StoreUnknown: it names none.
    """
    path = info.settings.get("path", "")
    if Path(path).is_absolute():
        return FolderStore(Path(path))
    raise StoreUnknown(
        f"the connection {info.conn_id!r} names no folder for backups.",
        fix='give it the extra {"cutover": {"path": "/srv/backups", "age_recipients": "age1..."}} (an absolute path);'
        ' or, for S3, the type aws and {"cutover": {"bucket": "...", "age_recipients": "age1..."}}.',
    )


def open_vault(resolve: Resolver, store: str, key: str | None, opener: Opener = from_connection) -> Vault:
    """Open the store of the connection ``store`` with its public keys, and the private key of ``key``.

    :param key: connection id, as the spec's ``backup.key`` has it; None: nothing is going to be read.
    :param opener: what opens S3 as well where there is Airflow: ``cutover.operators.stores.open_store``.
    :raises StoreUnknown, NoRecipient, NoKey: naming the connection and what it lacks.
    """
    info = resolve(store)
    return Vault(opener(info), recipients(info), identity(resolve(key)) if key else None)


def identity(info: ConnectionInfo) -> Any:
    """Return the private key that is the connection's password.

    :raises NoKey: it is none; what it is instead is never shown.
    """
    try:
        return pyrage.x25519.Identity.from_str((info.password or "").strip())
    except pyrage.IdentityError:
        raise NoKey(
            f"the password of the connection {info.conn_id!r} is no private key of age.",
            fix="age-keygen prints one (AGE-SECRET-KEY-...): put that line there, and its public half into"
            " age_recipients of the store's connection.",
        ) from None
