"""The dual_write strategy: seven tables become four, under an application that follows the flag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cutover.connections import from_environment
from cutover.flags import Flag, FlagStore
from cutover.journal.records import Run
from cutover.postgres.connect import connect
from cutover.postgres.dual_write import comparing, sides
from cutover_demo.accounts_app import audit, spec
from cutover_demo.accounts_app.application import ACCOUNTS, live
from cutover_demo.accounts_app.instance import MIGRATION
from cutover_demo.accounts_app.planting import Planting
from cutover_demo.act import Act
from cutover_demo.application import Application
from cutover_demo.boards.dual_write import DualWriteBoard
from cutover_demo.crowd import Crowd
from cutover_demo.ledger import Ledger
from cutover_demo.options import Options
from cutover_demo.scoreboard import Scoreboard
from cutover_demo.stage import Stage
from cutover_demo.steps import figures_of

if TYPE_CHECKING:
    from cutover_demo.play import Play

# Percent of the reads that both sides are asked for, and how long each share is watched.
SHADOW, HOLD = 50, "2s"
# At this share of the reads a person takes the run back.
BACK_AT = 50.0


class DualWriteShow:
    """See :class:`cutover_demo.shows.show.Show`."""

    strategy = "dual_write"
    migration = MIGRATION
    cutover_step = "new_only"
    application: Application = ACCOUNTS

    def crowd(self, stage: Stage, options: Options, folder: Path) -> Sequence[Crowd]:
        """Whoever plants mismatches before the cutover; nobody where there will be none."""
        return () if options.fail_at or options.rollback else (Planting(stage),)

    def perform(self, play: Play) -> None:
        """Migrate; to go back, do it while half of the reads go to the new side already."""
        with spec.copied(shadow=SHADOW, hold=HOLD, instances=play.options.writers):
            spec.await_offered(play.stage.stack.api)
            if not play.options.rollback:
                if play.migrate(auto_approve=not play.crowd).state == "success":
                    play.a_moment("the new side is written, the old one follows")
                return
            migration = play.begin_migration(expected="failed")
            play.follow(migration, until=lambda: flag().read_new >= BACK_AT)
            if migration.run is None or migration.state != "running":
                return
            play.say(f"the flag is {flag()}: somebody takes the run back")
            play.go_back(migration.run)
            play.follow(migration)
            play.a_moment("back on the seven tables, and still open")

    def expected_state(self, options: Options) -> str:
        return "rolled_back" if options.rollback or options.fail_at else "window"

    def live(self, stage: Stage) -> str:
        return "shop"

    def row_diff(self, stage: Stage, run: Run) -> int | None:
        """Compare both sides in both directions, by the engine and by SQL of the demo's own."""
        if run.state != "window":
            return None
        ctx = stage.context(run)
        with ctx.source("demo") as db:
            both = sides.look(ctx, db)
        shapes = [*both.forward.shapes, *both.back.shapes]
        found = [comparing.compare(ctx, shape) for shape in shapes]
        return max(sum(each.total + each.undecided for each in found), own_differing(stage) or 0)

    def board(
        self, stage: Stage, acts: Mapping[str, Act], crowd: Sequence[Crowd], figures: dict[str, Any]
    ) -> Scoreboard:
        run = acts["migration"].run
        fill = figures_of(stage.journal, run, "backfill")
        planting = next((each for each in crowd if isinstance(each, Planting)), None)
        entries = Ledger.read(stage.stack.folder / "demo" / "ledger").entries
        shadow = FlagStore(from_environment("shop")).shadow(MIGRATION)
        return DualWriteBoard(
            backfill_rows_per_second=fill["rows"] / fill["seconds"] if fill.get("seconds") else None,
            instances=figures_of(stage.journal, run, "write_both").get("instances", 0),
            versions=versions(stage, run),
            reads={what: sum(getattr(each, what) for each in shadow) for what in ("reads", "mismatches")},
            read=sum(entry.outcome == "read" for entry in entries),
            own_diff=own_differing(stage) if figures["state"] == "window" else None,
            planting=planting.figures() if planting else {},
            live=live(),
            mode=str(flag().mode),
            more_problems=planting.problems() if planting else [],
            **figures,
        )


def flag() -> Flag:
    return FlagStore(from_environment("shop")).get(MIGRATION)


def own_differing(stage: Stage) -> int | None:
    """Return what the two sides know differently, by the demo's own SQL; what differs is shown."""
    with connect(from_environment("shop"), application="demo/diff") as db:
        total, findings = audit.differing(db)
    for finding in findings:
        stage.screen.line(f"  ! {finding}")
    return total


def versions(stage: Stage, run: Run | None) -> list[dict[str, Any]]:
    """Return the versions of the flag that the run's steps waited for, with the seconds that took."""
    found: dict[int, dict[str, Any]] = {}
    for step in stage.journal.steps(run.run_id) if run else []:
        detail = step.detail
        if "version" in detail and "seconds" in detail:
            what = f"{step.name}, {detail['share']:g} %" if detail.get("share") else step.name
            found[detail["version"]] = {
                "step": step.name,
                "version": detail["version"],
                "what": what,
                "seconds": detail["seconds"],
            }
    return [found[version] for version in sorted(found)]
