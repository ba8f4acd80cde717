"""``bin/demo``: migrate a shop under live writers, and count what became of every commit."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from pathlib import Path

from cutover.errors import CutoverError
from cutover_demo import interrupts
from cutover_demo.options import Options
from cutover_demo.play import Play
from cutover_demo.scoreboard import Scoreboard
from cutover_demo.screen import Screen
from cutover_demo.shows import DEFAULT, SHOWS
from cutover_demo.shows.show import Show
from cutover_demo.stage import Stage, standing
from localstack.errors import StackError
from localstack.stack import Stack


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; return 0 where every expectation holds."""
    show, options = _options(arguments)
    # As Ctrl-C: writers end between two transactions, and what was started is stopped again.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    interrupts.install()
    screen = Screen()
    try:
        with standing(Stack(), screen, keep=options.keep) as stage:
            board = _perform(stage, show, options)
    except (CutoverError, StackError) as error:
        screen.line(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        screen.line("\nInterrupted: the writers have stopped.")
        return 130
    screen.line(f"\n{board.table()}")
    if options.json:
        board.write(options.json)
    return 1 if board.problems() else 0


def _perform(stage: Stage, show: Show, options: Options) -> Scoreboard:
    application = show.application
    stage.screen.step(f"loading {application.called(options.rows)}")
    stage.prepare(options.rows, application)
    ours = stage.stack.folder / "demo"
    shutil.rmtree(ours, ignore_errors=True)
    fleet = application.fleet(stage, options, ours / "ledger")
    play = Play(stage, show, options, fleet, show.crowd(stage, options, ours))
    try:
        return play.perform()
    except BaseException:
        play.call_off()
        raise


def _options(arguments: list[str] | None) -> tuple[Show, Options]:
    parser = argparse.ArgumentParser(prog="bin/demo", description=__doc__)
    shows = parser.add_subparsers(
        dest="strategy", metavar="{blue_green,online,stop_the_world,dual_write}", help=f"default: {DEFAULT}"
    )
    for name, what, tps in (
        ("blue_green", "a second database of a newer PostgreSQL, and a cutover that nobody notices", 200),
        ("online", "a shadow table in the same database, swapped in milliseconds", 300),
        ("stop_the_world", "a maintenance window: doors that close, a proven rollback point, doors that open", 300),
        ("dual_write", "seven tables become four: both sides are written, and a flag says which one is read", 120),
    ):
        _common(shows.add_parser(name, help=what, description=what), name, tps)
    bench = shows.choices["blue_green"]
    bench.add_argument(
        "--pgbench-tps", type=float, default=100, help="pgbench's transactions per second (default: 100)"
    )
    asked = parser.parse_args(_with_default(sys.argv[1:] if arguments is None else arguments))
    if asked.rollback and asked.fail_at:
        parser.error("--rollback and --fail-at exclude each other: a run that failed is rolled back by itself")
    if asked.rows < 1000 or asked.tps <= 0 or asked.writers < 1 or getattr(asked, "pgbench_tps", 1) <= 0:
        parser.error("needs at least 1000 rows, 1 writer and a rate above 0")
    show = SHOWS[asked.strategy]
    del asked.strategy
    return show, Options(**vars(asked))


def _common(parser: argparse.ArgumentParser, name: str, tps: int) -> None:
    dual = name == "dual_write"
    rows, what = (500_000, "rows of all seven tables") if dual else (1_000_000, "orders")
    parser.add_argument("--rows", type=int, default=rows, help=f"{what} to load (default: {rows:,})")
    parser.add_argument(
        "--tps", type=float, default=tps, help=f"transactions per second of all writers (default: {tps})"
    )
    processes, of = ("--apps", "the application's") if dual else ("--writers", "writer")
    parser.add_argument(processes, dest="writers", type=int, default=4, help=f"{of} processes (default: 4)")
    parser.add_argument("--rollback", action="store_true", help="go back afterwards, with writers still on")
    parser.add_argument("--fail-at", metavar="STEP", help="make a step fail and show the automatic rollback")
    parser.add_argument("--keep", action="store_true", help="leave the local stack running")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the scoreboard as JSON")


def _with_default(arguments: list[str]) -> list[str]:
    """Return the arguments with the strategy that is shown where none is named."""
    named = arguments and (
        arguments[0] in SHOWS or arguments[0] in ("-h", "--help") or not arguments[0].startswith("-")
    )
    return arguments if named else [DEFAULT, *arguments]


if __name__ == "__main__":
    sys.exit(main())
