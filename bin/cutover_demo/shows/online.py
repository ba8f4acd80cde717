"""The online strategy: a shadow table in the same database, swapped in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import sql

from cutover.connections import from_environment
from cutover.journal.records import Run
from cutover.postgres.connect import connect
from cutover.postgres.online import keep_in_step, names, state
from cutover.postgres.online.compare import compare
from cutover_demo.act import Act
from cutover_demo.application import Application
from cutover_demo.crowd import Crowd
from cutover_demo.options import Options
from cutover_demo.scoreboard import Scoreboard
from cutover_demo.shop_application import SHOP
from cutover_demo.stage import Stage
from cutover_demo.statements import statement
from cutover_demo.steps import figures_of

if TYPE_CHECKING:
    from cutover_demo.play import Play


class OnlineShow:
    """See :class:`cutover_demo.shows.show.Show`."""

    strategy = "online"
    migration = "orders_v2"
    cutover_step = "swap"
    application: Application = SHOP

    def crowd(self, stage: Stage, options: Options, folder: Path) -> Sequence[Crowd]:
        """Nobody: the fleet is crowd enough for one table."""
        return ()

    def perform(self, play: Play) -> None:
        """Migrate, roll out the shop's second release; to go back, take it in again before the database goes back."""
        migration = play.migrate()
        if migration.run is None or migration.state != "success":
            return
        play.fleet.release(2)
        play.a_moment("the second release writes to what is new")
        if not play.options.rollback:
            return
        play.fleet.release(1)
        play.say("comparing both sides while the shop is open")
        migration.row_diff = differing(play.stage, migration.run)
        play.go_back(migration.run)
        play.a_moment("back on the old table, and still open")

    def expected_state(self, options: Options) -> str:
        return "rolled_back" if options.rollback or options.fail_at else "window"

    def live(self, stage: Stage) -> str:
        return "shop"

    def row_diff(self, stage: Stage, run: Run) -> int | None:
        """Compare live table and follower, by the engine and by SQL of the demo's own."""
        if run.state != "window":
            return None
        settle(stage, run)
        found = differing(stage, run)
        return None if found is None else max(found, own_differing(run))

    def board(
        self, stage: Stage, acts: Mapping[str, Act], crowd: Sequence[Crowd], figures: dict[str, Any]
    ) -> Scoreboard:
        fill = figures_of(stage.journal, acts["migration"].run, "backfill")
        return Scoreboard(backfill_rows_per_second=fill.get("rows_per_second"), **figures)


def settle(stage: Stage, run: Run) -> None:
    """Let the side that is not live take over the last writes."""
    ctx = stage.context(run)
    while "skipped" in keep_in_step(ctx):
        ctx.cancel.wait(0.2)  # Airflow is at it this very moment


def differing(stage: Stage, run: Run) -> int | None:
    """Return how many rows differ between the live table and the one that follows it, exactly, also under writes.

    None where there is no second table.
    """
    ctx = stage.context(run)
    with ctx.source("demo") as db:
        tables = state.tables(db, run.run_id)
    found = [compare(ctx, table, forth=table.live == "original") for table in tables]
    return sum(each.total + each.undecided for each in found) if found else None


def own_differing(run: Run) -> int:
    """Return the same by the demo's own SQL, which shares nothing with the engine; the writers have stopped."""
    old = sql.Identifier(names.Names(run.number, 1, "shop", "orders").old_schema, "orders")
    with connect(from_environment("shop"), application="demo/diff") as db:
        query = sql.SQL(statement("audit/differences")).format(old=old)  # type: ignore[arg-type]
        row = db.execute(query).fetchone()
    assert row is not None
    return int(row[0])
