"""``bin/demo``: migrate a shop under live writers, and count what became of every commit."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from pathlib import Path

from cutover.errors import CutoverError
from cutover_demo.count import Options
from cutover_demo.fleet import Fleet
from cutover_demo.play import Play
from cutover_demo.scoreboard import Scoreboard
from cutover_demo.screen import Screen
from cutover_demo.stage import Stage, standing
from localstack.errors import StackError
from localstack.stack import Stack


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; return 0 where every expectation holds."""
    options = _options(arguments)
    # As Ctrl-C: writers end between two transactions, and what was started is stopped again.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    screen = Screen()
    try:
        with standing(Stack(), screen, keep=options.keep) as stage:
            board = _perform(stage, options)
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


def _perform(stage: Stage, options: Options) -> Scoreboard:
    stage.screen.step(f"loading a shop with {options.rows:,} orders")
    stage.prepare(options.rows)
    ledger = stage.stack.folder / "demo" / "ledger"
    shutil.rmtree(ledger, ignore_errors=True)
    fleet = Fleet(stage.writers_login(), ledger, writers=options.writers, tps=options.tps)
    play = Play(stage, options, fleet)
    try:
        return play.perform()
    except BaseException:
        play.call_off()
        raise


def _options(arguments: list[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="bin/demo", description=__doc__)
    shows = parser.add_subparsers(dest="strategy", required=True)
    online = shows.add_parser("online", help="a shadow table in the same database, swapped in milliseconds")
    online.add_argument("--rows", type=int, default=1_000_000, help="orders to load (default: 1,000,000)")
    online.add_argument("--tps", type=float, default=300, help="transactions per second of all writers (default: 300)")
    online.add_argument("--writers", type=int, default=4, help="writer processes (default: 4)")
    online.add_argument("--rollback", action="store_true", help="swap back afterwards, with writers still on")
    online.add_argument("--fail-at", metavar="STEP", help="make a step fail and show the automatic rollback")
    online.add_argument("--keep", action="store_true", help="leave the local stack running")
    online.add_argument("--json", type=Path, metavar="FILE", help="write the scoreboard as JSON")
    asked = parser.parse_args(arguments)
    if asked.rollback and asked.fail_at:
        parser.error("--rollback and --fail-at exclude each other: a run that failed is rolled back by itself")
    if asked.rows < 1000 or asked.tps <= 0 or asked.writers < 1:
        parser.error("needs at least 1000 rows, 1 writer and a rate above 0")
    del asked.strategy
    return Options(**vars(asked))


if __name__ == "__main__":
    sys.exit(main())
