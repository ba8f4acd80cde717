"""Look once at a run in its window: every measure with its limit, as the DAG observe does it.

Exit code 1 where something is over its limit. Nothing is written down, and nothing follows from it. Probes are run
where you are: what a command needs has to be there.
"""

from __future__ import annotations

import argparse

from cutover.cli import opened
from cutover.cli.answer import FINDINGS, OK, Answer, table
from cutover.journal.records import standing
from cutover.observing import looks, verdicts, words
from cutover.observing.errors import NotLive

NAME = "observe"
HELP = "look at a run in its window; exit code 1 when something is over its limit"
MARKS = {"fine": "ok", "over": "OVER", "unknown": "?"}
LIVE = ("watching", "window")


def arguments(parser: argparse.ArgumentParser) -> None:
    opened.argument_run(parser)
    parser.add_argument("--no-counts", action="store_true", help="leave out what reads whole tables")


def run(arguments: argparse.Namespace) -> Answer:
    from cutover.observing.looking import look  # brings every engine along: other commands are quicker without

    with opened.run_context(arguments.run) as ctx:
        state = ctx.journal.get_run(ctx.run_id).state
        if state not in LIVE:
            raise NotLive(
                f"run {ctx.run_id!r} is {standing(state)}; only what was cut over can be observed.",
                fix="python -m cutover status RUN",
            )
        earlier = looks.read(ctx.journal, ctx.run_id, ctx.spec.observe)
        found = look(ctx, earlier, counting=not arguments.no_counts)
    rows = [
        {"": MARKS[verdicts.state(check)], "what": words.named(check), "found": check.summary}
        for check in sorted(found.checks, key=lambda check: (check.ok, check.severity == "info"))
    ]
    said = f"{len(found.over)} over their limits." if found.over else "nothing is over its limit."
    text = f"{table(rows, ('', 'what', 'found'), '')}\n\n{said}"
    return Answer({"run": arguments.run, **found.as_dict()}, text, FINDINGS if found.over else OK)
