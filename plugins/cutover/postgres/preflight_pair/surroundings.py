"""What a server and its other users say: one class per query of include/sql/preflight_pair."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One side's server, database and role. Limits of -1 mean none; None: this role may not see it.

    :param provider: of the database's collation: ``c`` (libc), ``i`` (ICU) or ``b`` (built in).
    :param slot_wal_mb: ``max_slot_wal_keep_size`` in MB, -1 for no limit.
    :param slot_idle_seconds: ``idle_replication_slot_timeout`` (18 and later), 0 for none.
    """

    version: int
    version_text: str
    in_recovery: bool
    read_only: bool
    system_identifier: str | None
    database: str
    database_oid: int
    database_bytes: int | None
    encoding: str
    provider: str
    collate: str
    ctype: str
    locale: str | None
    collation_version: str | None
    knows_icu: bool
    wal_level: str
    slots: int
    slots_used: int
    senders: int
    senders_used: int
    workers: int
    workers_used: int
    processes: int
    origins: int
    origins_used: int
    slot_wal_mb: int
    slot_idle_seconds: int | None
    commit_timestamps: bool
    sees_wal: bool
    role: str
    superuser: bool
    replication: bool
    creates_databases: bool
    creates_roles: bool
    bypasses_policies: bool
    creates_subscriptions: bool
    sees_activity: bool
    creates_schemas: bool
    owner: str
    owns_database: bool
    connections: int
    connections_used: int
    role_limit: int
    role_used: int
    database_limit: int
    database_used: int
    disk_limit: str | None
    tablespace: str
    tablespace_bytes: int
    large_objects: int
    holds_journal: bool
    wal_bytes: int | None = None

    @property
    def major(self) -> int:
        return self.version // 10000


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """``kept``: bytes of WAL that cannot go because of it."""

    name: str
    kind: str
    plugin: str | None
    database: str | None
    active: bool
    temporary: bool
    wal_status: str | None
    kept: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    name: str
    all_tables: bool
    owner: str
    tables: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    name: str
    enabled: bool
    tables: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """``config``: tables of the extension whose rows are its user's."""

    name: str
    version: str
    schema: str
    config: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailableExtension:
    name: str
    version: str
    is_default: bool
    superuser: bool
    trusted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRole:
    """``settable``: the role that asks can act as it."""

    name: str
    settable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """``role``: None where it holds for everybody in the database."""

    name: str
    value: str
    role: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collation:
    name: str
    schema: str
    provider: str
    locale: str | None
    version: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tablespace:
    name: str
    usable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something found, by its kind and name."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """What a run made; ``on_table`` for triggers."""

    kind: str
    name: str
    on_table: str | None
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRun:
    """A row of the state schema of this strategy."""

    run_id: str
    number: int
    side: str
    live: bool
    phase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineRun:
    name: str
    number: int
