"""What the server, its sessions and former runs say: one class per query of include/sql/preflight."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """``slots``: connections that ordinary roles may have; limits of -1 mean none."""

    version: int
    version_text: str
    in_recovery: bool
    read_only: bool
    database: str
    role: str
    superuser: bool
    bypasses_policies: bool
    sees_activity: bool
    signals: bool
    creates_schemas: bool
    creates_temporary: bool
    slots: int
    slots_used: int
    role_limit: int
    role_used: int
    database_limit: int
    database_used: int
    state_owner: str | None
    state_owned: bool | None
    disk_limit: str | None
    tablespace: str

    @property
    def major(self) -> int:
        return self.version // 10000


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaPublication:
    name: str
    schema: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTrigger:
    name: str
    event: str
    tags: list[str] | None
    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A lock held or awaited; ``pid`` is None and ``prepared`` set for a prepared transaction."""

    table_oid: int
    schema: str
    relation: str
    mode: str
    granted: bool
    pid: int | None
    role: str
    application: str
    backend: str
    state: str
    query: str
    seconds: float | None
    prepared: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OldTransaction:
    pid: int | None
    role: str
    application: str
    state: str
    seconds: float
    started: str
    query: str
    prepared: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A schema ``cutover_new_<n>_...`` or ``cutover_old_<n>_...`` that belongs to a table's schema."""

    schema: str
    name: str
    place: str
    side: str
    number: int
    holds_table: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    schema: str
    name: str
    run_id: str
    phase: str
    live: str
    number: int
