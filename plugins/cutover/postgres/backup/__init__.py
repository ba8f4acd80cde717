"""Backups: encrypted before they touch a disk, in the age format, so that the plain ``age`` tool can read them."""

from cutover.postgres.backup.folder import FolderStore
from cutover.postgres.backup.sealed import NoRecipient, Sealed, recipients, seal

__all__ = ["FolderStore", "NoRecipient", "Sealed", "recipients", "seal"]
