"""The stop-the-world strategy: doors that close and open under clients, and a rollback point that is restored."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cutover.connections import from_environment
from cutover.journal.records import Run
from cutover.postgres.connect import connect
from cutover_demo import across
from cutover_demo.act import Act
from cutover_demo.application import Application
from cutover_demo.boards.stop_the_world import WindowBoard
from cutover_demo.crowd import Crowd
from cutover_demo.options import Options
from cutover_demo.scoreboard import Scoreboard
from cutover_demo.shop_application import SHOP
from cutover_demo.stage import Stage
from cutover_demo.steps import figures_of

if TYPE_CHECKING:
    from cutover_demo.play import Play


class StopTheWorldShow:
    """See :class:`cutover_demo.shows.show.Show`."""

    strategy = "stop_the_world"
    migration = "shop_window"
    cutover_step = "open"
    application: Application = SHOP

    def crowd(self, stage: Stage, options: Options, folder: Path) -> Sequence[Crowd]:
        """Nobody: whoever is held in the pooler is crowd enough."""
        return ()

    def perform(self, play: Play) -> None:
        """Migrate while the writers wait in the pooler. To go back without a loss nobody may have written since: the
        shop stays closed, as it would until somebody has found the new state good, and opens when all is as before."""
        if not play.options.rollback:
            if play.migrate().state == "success":
                play.a_moment("the window is over, the shop goes on")
            return
        play.fleet.release(0)
        play.say("the shop is closed; taking its fingerprint")
        before = fingerprint()
        there = play.migrate()
        if there.run is None or there.state != "success":
            return
        changed = across.at_least(before, fingerprint())
        play.say(f"migrated: at least {changed:,} rows are not what they were")
        back = play.go_back(there.run)
        back.row_diff = across.at_least(before, fingerprint())
        play.fleet.release(1)
        play.a_moment("restored, and open again")

    def expected_state(self, options: Options) -> str:
        return "rolled_back" if options.rollback or options.fail_at else "window"

    def live(self, stage: Stage) -> str:
        return "shop"

    def row_diff(self, stage: Stage, run: Run) -> int | None:
        """In place there are no two sides; every row of the proven rollback point was compared with the database."""
        found = figures_of(stage.journal, run, "back_up").get("row_diff")
        return None if found is None else int(found)

    def board(
        self, stage: Stage, acts: Mapping[str, Act], crowd: Sequence[Crowd], figures: dict[str, Any]
    ) -> Scoreboard:
        run = acts["migration"].run
        point = figures_of(stage.journal, run, "back_up")
        opened = figures_of(stage.journal, run, "open")
        back = figures_of(stage.journal, run, "roll_back")
        return WindowBoard(
            downtime_s=opened.get("downtime_s"),
            budget_s=opened.get("budget_s"),
            forecast_s=_forecast(stage, run),
            back_s=back.get("downtime_s"),
            backup_mb_s=point.get("megabytes_per_second"),
            restore_mb_s=point.get("restore_megabytes_per_second"),
            **figures,
        )


def fingerprint() -> across.Fingerprint:
    with connect(from_environment("shop"), application="demo/fingerprint") as db:
        return across.fingerprint(db)


def _forecast(stage: Stage, run: Run | None) -> tuple[float, float] | None:
    if run is None or not any(found.name == "plan.json" for found in stage.journal.documents(run.run_id)):
        return None
    found = json.loads(stage.journal.document(run.run_id, "plan.json").text)["forecast"]["downtime_s"]
    return found["low"], found["high"]
