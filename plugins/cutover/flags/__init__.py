"""Flags: which side of a migration an application writes and reads, decided in one place, seen everywhere at once.

The store is a schema in Postgres, so that a change is a transaction, is heard by whoever listens, and outlives every
process. An application holds a lease while it runs, and acknowledges a version of the flag only when all of its work
under way was begun under that version: only then may the next phase of a migration rely on it. An instance that cannot
renew its lease stops working by itself, before anybody takes it for gone.

Nothing here needs Airflow: ``client`` and what it imports is what an application uses.
"""

from cutover.flags.client import FlagClient
from cutover.flags.errors import (
    FlagChanged,
    FlagStoreAway,
    FlagUnknown,
    HoldOver,
    ModeRefused,
    ModeUnknown,
    ReadsOnly,
    StillHeld,
)
from cutover.flags.flag import Flag, Instance
from cutover.flags.mode import MODES, Mode
from cutover.flags.shadows import Mismatch, ShadowCount
from cutover.flags.store import FlagStore
from cutover.flags.use import Use

__all__ = [
    "MODES",
    "Flag",
    "FlagChanged",
    "FlagClient",
    "FlagStore",
    "FlagStoreAway",
    "FlagUnknown",
    "HoldOver",
    "Instance",
    "Mismatch",
    "Mode",
    "ModeRefused",
    "ModeUnknown",
    "ReadsOnly",
    "ShadowCount",
    "StillHeld",
    "Use",
]
