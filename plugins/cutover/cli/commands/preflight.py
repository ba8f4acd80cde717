"""Look whether the database is ready for a migration: every finding with the SQL that mends it. Changes nothing."""

from __future__ import annotations

import argparse

from cutover.cli import opened
from cutover.cli.answer import FINDINGS, OK, Answer, UsageError
from cutover.cli.connections import resolve
from cutover.postgres.connect import connect

NAME = "preflight"
HELP = "look whether the database is ready; exit code 1 when it is not"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="migration or folder")
    parser.add_argument("--strict", action="store_true", help="warnings count as findings, too")


def run(arguments: argparse.Namespace) -> Answer:
    spec = opened.spec(arguments.name)
    if spec.strategy != "online":
        raise UsageError(f"there are no preflight rules for the strategy {spec.strategy!r} here.")
    from cutover.postgres.preflight import run_rules

    source, name = resolve(spec.source), f"cutover/{spec.name}/preflight"
    with connect(source, application=name, lock_timeout="1s", statement_timeout="60s") as db:
        findings = list(run_rules(db, spec))
    counted = {"error"} | ({"warning"} if arguments.strict else set())
    code = FINDINGS if any(finding.severity in counted for finding in findings) else OK
    text = "\n".join(str(finding) for finding in findings) or f"{spec.name}: nothing stands in the way."
    return Answer({"migration": spec.name, "findings": [finding.as_dict() for finding in findings]}, text, code)
