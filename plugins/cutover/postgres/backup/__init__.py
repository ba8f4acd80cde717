"""Rollback points: encrypted dumps of one snapshot, proven by a restore, to which a database can be taken back.

A point is one encrypted archive of pg_dump with the schema and the small tables, some more with the big ones, and a
manifest that is written last: without it a point is half a point, is never listed, and is cleared away. The format is
that of ``age``, so that the plain ``age`` and ``pg_restore`` can read it where there is no Cutover (docs/backups.md).

``take`` makes one, ``prove`` makes one and restores it into a scratch database; ``check`` reads every byte and sees
that it belongs here; ``restore`` fills an empty database; ``listing`` and ``retire`` keep order. A ``Vault`` is a
store with its keys; ``open_vault`` opens it from connections.
"""

from cutover.postgres.backup.checking import check, load
from cutover.postgres.backup.folder import FolderStore
from cutover.postgres.backup.manifest import Manifest, Part, Proved
from cutover.postgres.backup.names import BACKUPS, POINTS
from cutover.postgres.backup.proving import NotProven, Restored, prove
from cutover.postgres.backup.restoring import restore
from cutover.postgres.backup.retention import listing, retire
from cutover.postgres.backup.sealed import NoRecipient, Sealed, put, recipients
from cutover.postgres.backup.store import Store
from cutover.postgres.backup.stores import Vault, from_connection, identity, open_vault
from cutover.postgres.backup.taking import take

__all__ = [
    "BACKUPS",
    "POINTS",
    "FolderStore",
    "Manifest",
    "NoRecipient",
    "NotProven",
    "Part",
    "Proved",
    "Restored",
    "Sealed",
    "Store",
    "Vault",
    "check",
    "from_connection",
    "identity",
    "listing",
    "load",
    "open_vault",
    "prove",
    "put",
    "recipients",
    "restore",
    "retire",
    "take",
]
