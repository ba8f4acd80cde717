"""The blue-green strategy: a second database of a newer version, also under pgbench and a session past the pooler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cutover.connections import from_environment
from cutover.journal.records import Run
from cutover.postgres.blue_green import arrival, compare, live
from cutover.postgres.blue_green.sight import Sight
from cutover.postgres.connect import connect
from cutover_demo import across, sides
from cutover_demo.act import Act
from cutover_demo.application import Application
from cutover_demo.boards.blue_green import BlueGreenBoard
from cutover_demo.crowd import Crowd
from cutover_demo.direct import Direct
from cutover_demo.options import Options
from cutover_demo.pgbench import Pgbench
from cutover_demo.scoreboard import Scoreboard
from cutover_demo.shop import WRITER
from cutover_demo.shop_application import SHOP
from cutover_demo.stage import Stage
from cutover_demo.steps import figures_of
from localstack.databases import APPLICATION
from localstack.stack import DATABASE

if TYPE_CHECKING:
    from cutover_demo.play import Play


class BlueGreenShow:
    """See :class:`cutover_demo.shows.show.Show`."""

    strategy = "blue_green"
    migration = "shop_18"
    cutover_step = "cut_over"
    application: Application = SHOP

    def crowd(self, stage: Stage, options: Options, folder: Path) -> Sequence[Crowd]:
        """pgbench through the pooler, and a session at blue itself."""
        stack = stage.stack
        pooled = stack.pooler.info("shop_pooled", DATABASE, WRITER)
        direct = stack.blue.info("direct", DATABASE, APPLICATION, stack.vault.get(APPLICATION))
        bench = Pgbench(stack.green.tool("pgbench"), pooled, folder / "pgbench", tps=options.pgbench_tps)
        return bench, Direct(direct)

    def perform(self, play: Play) -> None:
        """Migrate; to show the way back, go back with everybody writing, and migrate once more."""
        there = self._migrate(play, "migration", "on PostgreSQL 18, and still open")
        if there is None or not play.options.rollback:
            return
        play.go_back(there)
        play.a_moment("back on PostgreSQL 16, and still open")
        self._migrate(play, "again", "on PostgreSQL 18 once more")

    def expected_state(self, options: Options) -> str:
        return "rolled_back" if options.fail_at else "window"

    def live(self, stage: Stage) -> str:
        """Return where the router leads, which is asked itself."""
        return sides.SIDES[sides.led_to(stage.stack).removeprefix("held ")]

    def row_diff(self, stage: Stage, run: Run) -> int | None:
        """Compare both databases, by the engine and by SQL of the demo's own."""
        if run.state != "window":
            return None
        ctx = stage.context(run)
        now = live.require(ctx)
        trouble = arrival.trouble(ctx, now.ends, now.origin, patience=60)
        if trouble:
            stage.screen.line(f"  ! the old side does not follow: {trouble}")
        sight = Sight(ctx, now.ends, now.origin)
        wanted = [table for table in now.tables if table.followed and table.on_green]
        engine = sum(compare.compare(sight, each).differing for each in compare.gather(sight, wanted))
        with (
            connect(from_environment("shop"), application="demo/diff") as old,
            connect(from_environment("shop_green"), application="demo/diff") as new,
        ):
            own, findings = across.differing(old, new)
        for finding in findings:
            stage.screen.line(f"  ! {finding}")
        return max(engine, own)

    def board(
        self, stage: Stage, acts: Mapping[str, Act], crowd: Sequence[Crowd], figures: dict[str, Any]
    ) -> Scoreboard:
        last = acts.get("again", acts["migration"])
        bench, direct = cast("tuple[Pgbench, Direct]", crowd)
        copy = figures_of(stage.journal, last.run, "copy_data")
        return BlueGreenBoard(
            copy_rows_per_second=copy.get("rows_per_second"),
            copy_megabytes_per_second=copy.get("megabytes_per_second"),
            lag=lag_of(stage, acts),
            pgbench=bench.figures(),
            direct=direct.figures(),
            leads_to=sides.led_to(stage.stack),
            more_problems=[problem for each in crowd for problem in each.problems()],
            **figures,
        )

    def _migrate(self, play: Play, name: str, moment: str) -> Run | None:
        """Migrate, and see that the direct session has noticed; return the run where green is live."""
        act = play.migrate(name)
        if act.run is None or act.state != "success":
            return None
        play.a_moment(moment)
        for each in play.crowd:
            if isinstance(each, Direct):
                each.await_refusal()
        return act.run


def lag_of(stage: Stage, acts: Mapping[str, Act]) -> dict[str, Any]:
    """Return what the journal's samples say of each flow: ``{"blue -> green": {"samples", "worst_seconds", ...}}``."""
    runs = {act.run.run_id for act in acts.values() if act.run}
    found: dict[str, list[dict[str, Any]]] = {}
    for run_id in sorted(runs):
        for sample in stage.journal.samples(run_id):
            if "flow" in sample.data:
                found.setdefault(sample.data["flow"], []).append({"at": sample.at.isoformat(), **sample.data})
    return {flow: _summary(samples) for flow, samples in found.items()}


def _summary(samples: list[dict[str, Any]]) -> dict[str, Any]:
    seconds = sorted(sample["seconds"] for sample in samples)
    return {
        "samples": len(samples),
        "median_seconds": seconds[len(seconds) // 2],
        "worst_seconds": seconds[-1],
        "worst_bytes": max(sample["bytes"] or 0 for sample in samples),
        "series": [{key: sample[key] for key in ("at", "seconds", "bytes", "arrived")} for sample in samples],
    }
