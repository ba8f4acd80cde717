"""Which engine carries out which strategy; what is the same for all of them goes through here."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from cutover.context import RunContext
from cutover.errors import CutoverError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cutover.postgres.backup import Store
    from cutover.postgres.follower import Behind, Differences
    from cutover.validation.suites import SuiteTable

# An engine is imported when it is used: forms and DAG files only need the names.
MODULES: Mapping[str, str] = {
    "online": "cutover.postgres.online",
    "blue_green": "cutover.postgres.blue_green",
    "stop_the_world": "cutover.postgres.stop_the_world",
    "dual_write": "cutover.postgres.dual_write",
}
NAMES = tuple(MODULES)
# Dual writing is done in one of several ways; see Migration.form.
FORMS: Mapping[str, str] = {
    "shapes": MODULES["dual_write"],
    "columns": "cutover.postgres.in_place",
    "databases": "cutover.postgres.dual_pair",
}
# Both sides are tables of one database, unless the spec names another one.
STAY = ("online", "dual_write")


class StrategyUnknown(CutoverError):
    """There is no engine for the strategy yet."""

    code = "STR001"


class Observing(Protocol):
    """What an engine knows of the side that follows, and of the live one, in the rollback window."""

    def behind(self, ctx: RunContext, mark: Mapping[str, Any]) -> Behind:
        """Tell how far the side that follows is behind; ``mark`` is what the look before has left."""

    def differences(self, ctx: RunContext) -> Iterator[Differences]:
        """Compare both sides, table by table, cheaply where there is a cheap way."""

    def judged(self, ctx: RunContext) -> list[SuiteTable]:
        """Return the live tables, for suites."""


class Engine(Protocol):
    """What every engine offers; each step takes the run's context, is idempotent, and returns JSON-safe values."""

    def preflight(self, ctx: RunContext) -> list[Any]:
        """Return the findings; raise when one of them forbids to go on."""

    def index(self, ctx: RunContext) -> dict[str, Any]:
        """Build indexes and constraints on the new side."""

    def verify(self, ctx: RunContext) -> list[dict[str, Any]]:
        """Return the checks that compare both sides."""

    def watch(self, ctx: RunContext) -> list[dict[str, Any]]:
        """Return the checks of the first minutes after the cutover."""

    def keep_in_step(self, ctx: RunContext) -> dict[str, Any]:
        """Let the side that is not live follow once, or see that it does."""

    @property
    def observe(self) -> Observing:
        """Return what looks at both sides in the window without changing anything."""

    def roll_back(self, ctx: RunContext, *, accept_loss: bool = False) -> dict[str, Any]:
        """Take the run back from any instant."""

    def status(self, ctx: RunContext) -> dict[str, Any]:
        """Say where the run stands, as the databases tell it."""


class DualEngine(Engine, Protocol):
    """What is asked besides where a flag decides which side is written and read."""

    def build(self, ctx: RunContext) -> dict[str, Any]:
        """Make the new side, and let it follow the old one."""

    def write_both(self, ctx: RunContext) -> dict[str, Any]:
        """Move the flag to ``dual_write_read_old``, with every instance's acknowledgement."""

    def backfill(self, ctx: RunContext) -> dict[str, Any]:
        """Fill the new side with what was there before."""

    def move_reads(self, ctx: RunContext, share: float) -> dict[str, Any]:
        """Let ``share`` percent of the reads be answered by the new side."""

    def reads_vigil(self, ctx: RunContext, version: int, until: float) -> Any:
        """Return what watches a share of reads until ``until``, seconds since the epoch."""

    def new_only(self, ctx: RunContext) -> dict[str, Any]:
        """Let applications write the new side only; the old one follows from then on."""

    def repair(self, ctx: RunContext, direction: Literal["forward", "back"], table: str | None) -> dict[str, Any]:
        """Mend rows that differ."""


def of(ctx: RunContext) -> Engine:
    """Return the engine that carries out a run.

    :raises StrategyUnknown: there is none.
    """
    strategy = ctx.spec.strategy
    if strategy not in MODULES:
        raise StrategyUnknown(
            f"there is no engine for the strategy {strategy!r}.", fix=f"use one of: {', '.join(NAMES)}."
        )
    return dual(ctx) if strategy == "dual_write" else cast(Engine, importlib.import_module(MODULES[strategy]))


def dual(ctx: RunContext) -> DualEngine:
    """Return the engine of a run in which a flag decides."""
    return cast(DualEngine, importlib.import_module(FORMS[ctx.spec.form]))


def stays(ctx: RunContext) -> bool:
    """Whether both sides of a run are tables of one database."""
    return ctx.spec.strategy in STAY and ctx.spec.target is None


def finalize(
    ctx: RunContext,
    *,
    old_table: str | None = None,
    old_database: str | None = None,
    store: Store | None = None,
) -> dict[str, Any]:
    """Close the run's window for good.

    :param old_table: online and dual_write: ``archive`` or ``drop`` for all old tables; by default as the spec says
        for each, or archived.
    :param old_database: where another database took over: ``keep``, ``archive`` or ``drop``; by default as the spec
        says.
    :param store: keeps the archive of an old database.
    """
    found: Any = of(ctx)
    if stays(ctx):
        return cast("dict[str, Any]", found.finalize(ctx, old_table=old_table))
    return cast("dict[str, Any]", found.finalize(ctx, old=old_database, store=store))


def fate(ctx: RunContext, *, old_table: str | None = None, old_database: str | None = None) -> str:
    """Say in one sentence what finalizing has made of the old side."""
    if stays(ctx):
        fates = {old_table} if old_table else {table.old_table for table in ctx.spec.tables} or {"archive"}
        words = {"archive": "The old tables are archived.", "drop": "The old tables are dropped."}
        if ctx.spec.form == "columns":
            words = {"archive": "Old columns are left there.", "drop": "Old columns and names are gone."}
        return words[fates.pop() or ""] if len(fates) == 1 else "What is old is kept or dropped as planned."
    if ctx.spec.target is None:
        return "What the run has left is removed; its rollback points stay until they are retired."
    words = {
        "keep": "The old database is still there, and refuses writes.",
        "archive": "The old database is dumped, and nobody may connect to it any more.",
        "drop": "The old database is dropped.",
    }
    return words[old_database or ctx.spec.rollback.old_database]
