"""Verify both sides of a run now: row counts, row diff and suites, while writes go on."""

from __future__ import annotations

import argparse

from cutover import strategies
from cutover.cli import opened
from cutover.cli.answer import FINDINGS, OK, Answer, table

NAME = "verify"
HELP = "compare both sides of a run; exit code 1 when a check fails"


def arguments(parser: argparse.ArgumentParser) -> None:
    opened.argument_run(parser)


def run(arguments: argparse.Namespace) -> Answer:
    with opened.run_context(arguments.run) as ctx, ctx.journal.step(ctx.run_id, "verify") as step:
        checks = strategies.of(ctx).verify(ctx)
        failed = [check for check in checks if not check["ok"] and check["severity"] == "error"]
        step.detail({"checks": len(checks), "failed": len(failed)})
    text = table(checks, ("code", "object", "ok", "severity", "summary"), "the run has no tables to compare")
    return Answer({"run": arguments.run, "checks": checks}, text, FINDINGS if failed else OK)
