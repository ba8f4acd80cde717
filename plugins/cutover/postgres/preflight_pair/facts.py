"""Everything the rules judge: both sides, the router, the trial of the migration's SQL. Rules ask nobody themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from cutover.postgres.blue_green.names import SideName
from cutover.postgres.preflight_pair import surroundings
from cutover.postgres.preflight_pair.structure import Structure, Table
from cutover.postgres.preflight_pair.survival import Survival

if TYPE_CHECKING:
    from cutover.connections import ConnectionInfo
    from cutover.postgres.blue_green.roles import Role
    from cutover.postgres.contents import Content
    from cutover.postgres.preflight.surroundings import EventTrigger, OldTransaction
    from cutover.spec.models import Migration, TableSpec


@dataclass(frozen=True, slots=True)
class Side:
    """One look at one side.

    :param info: where Airflow finds it.
    :param missing: its database is not there yet; then ``server`` was seen from another database of the server.
    :param asked_password: the server asked for the connection's password.
    :param ours: the run that asks has its state here: what it has built itself is no obstacle.
    """

    name: SideName
    info: ConnectionInfo
    server: surroundings.Server
    missing: bool = False
    asked_password: bool = True
    ours: bool = False
    structure: Structure = field(default_factory=Structure)
    triggers: list[LoudTrigger] = field(default_factory=list)
    event_triggers: list[EventTrigger] = field(default_factory=list)
    sequences: list[Sequence] = field(default_factory=list)
    extensions: list[surroundings.Extension] = field(default_factory=list)
    available: list[surroundings.AvailableExtension] = field(default_factory=list)
    slots: list[surroundings.Slot] = field(default_factory=list)
    publications: list[surroundings.Publication] = field(default_factory=list)
    subscriptions: list[surroundings.Subscription] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    known_roles: dict[str, surroundings.KnownRole] = field(default_factory=dict)
    settings: list[surroundings.Setting] = field(default_factory=list)
    collations: list[surroundings.Collation] = field(default_factory=list)
    known_collations: list[surroundings.Collation] = field(default_factory=list)
    tablespaces: dict[str, surroundings.Tablespace] = field(default_factory=dict)
    contents: list[Content] = field(default_factory=list)
    others: list[surroundings.Thing] = field(default_factory=list)
    leftovers: list[surroundings.Leftover] = field(default_factory=list)
    runs: list[surroundings.SyncRun] = field(default_factory=list)
    online_runs: list[surroundings.OnlineRun] = field(default_factory=list)
    old_transactions: list[OldTransaction] = field(default_factory=list)

    @property
    def label(self) -> str:
        """``blue (database shop)``."""
        return f"{self.name} (database {self.info.dbname})"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoudTrigger:
    """A trigger that fires where changes are applied: ``A`` always, ``R`` there only."""

    table_oid: int
    schema: str
    table: str
    name: str
    enabled: str
    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """:param owned: by a column. :param controlled: the role that asks may set it."""

    schema: str
    name: str
    cycles: bool
    descends: bool
    owned: bool
    owner: str
    controlled: bool
    readable: bool


@dataclass(frozen=True, slots=True)
class RouterFacts:
    """What the router said.

    :param problem: why it could not be asked; then nothing else is known.
    :param leads_to: ``host:port/dbname`` where it leads clients now; :param expected: where it finds blue.
    :param writable: the configuration can be replaced from here. :param entry_problem: the file's entry is not there.
    """

    label: str
    problem: str | None = None
    fix: str | None = None
    version: tuple[int, ...] = ()
    version_text: str = ""
    leads_to: str = ""
    expected: str = ""
    paused: bool = False
    pool_mode: str = ""
    config: str = ""
    config_problem: str | None = None
    prepared_statements: int = 0
    clients: int = 0


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether the server of ``origin`` could be reached from the other one: what a subscription there will need.

    :param tried: False where the role may not try it; another rule says so. :param problem: what the server said.
    """

    origin: SideName
    tried: bool
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairLimits:
    """What counts as too long, and whose leftovers are one's own.

    :param run_number: of the run that asks, part of the names of all that it makes.
    :param long_transaction: seconds after which an open transaction is reported.
    :param lock_wait: milliseconds that preflight itself waits for a lock.
    :param sample_rows: how many rows of a table are tried against a narrower type or a new constraint.
    """

    run_id: str | None = None
    run_number: int | None = None
    long_transaction: float = 60.0
    lock_wait: int = 1000
    sample_rows: int = 200_000
    sample_seconds: float = 10.0


Archive = Literal["defined", "undefined", "unneeded"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Both sides of one migration, as they were when it was asked."""

    spec: Migration
    limits: PairLimits
    blue: Side
    green: Side
    router: RouterFacts
    reaches: tuple[Reach, ...] = ()
    survival: Survival = field(default_factory=Survival)
    archive: Archive = "unneeded"
    other_runs: tuple[tuple[str, str, str], ...] = ()

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.blue, self.green

    def wish(self, table: Table) -> TableSpec | None:
        """What the spec says about a table, or about the partitioned table that it is a part of."""
        wishes = {wish.qualified: wish for wish in self.spec.tables}
        labels, seen = [table.label], set[str]()
        while labels:
            label = labels.pop(0)
            if label in wishes:
                return wishes[label]
            seen.add(label)
            above = self.blue.structure.labelled(label)
            labels += [parent for parent in (above.relation.parents if above else ()) if parent not in seen]
        return None
