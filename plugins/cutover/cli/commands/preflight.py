"""Look whether the database is ready for a migration: every finding with the SQL that mends it. Changes nothing."""

from __future__ import annotations

import argparse
import importlib
from typing import TYPE_CHECKING

from cutover.cli import opened
from cutover.cli.answer import FINDINGS, OK, Answer
from cutover.cli.connections import resolve
from cutover.opening import open_draft
from cutover.postgres.connect import connect

if TYPE_CHECKING:
    from cutover.postgres.preflight import Finding
    from cutover.spec.models import Migration

NAME = "preflight"
HELP = "look whether the database is ready; exit code 1 when it is not"
# Where the rules are, by strategy, and by the form of a dual write; imported when they are asked.
RULES = {
    "blue_green": ("cutover.postgres.preflight_pair", "run_rules"),
    "stop_the_world": ("cutover.postgres.stop_the_world.readiness", "findings"),
    "shapes": ("cutover.postgres.dual_write.readiness", "findings"),
    "columns": ("cutover.postgres.in_place.readiness", "findings"),
    "databases": ("cutover.postgres.dual_pair.readiness", "findings"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="migration or folder")
    parser.add_argument("--strict", action="store_true", help="warnings count as findings, too")


def run(arguments: argparse.Namespace) -> Answer:
    spec = opened.spec(arguments.name)
    findings = _findings(spec)
    counted = {"error"} | ({"warning"} if arguments.strict else set())
    code = FINDINGS if any(finding.severity in counted for finding in findings) else OK
    text = "\n".join(str(finding) for finding in findings) or f"{spec.name}: nothing stands in the way."
    return Answer({"migration": spec.name, "findings": [finding.as_dict() for finding in findings]}, text, code)


def _findings(spec: Migration) -> list[Finding]:
    if spec.strategy == "online":
        from cutover.postgres.preflight import run_rules

        source, name = resolve(spec.source), f"cutover/{spec.name}/preflight"
        with connect(source, application=name, lock_timeout="1s", statement_timeout="60s") as db:
            return list(run_rules(db, spec))
    module, function = RULES[spec.form if spec.strategy == "dual_write" else spec.strategy]
    with opened.journal() as journal:
        return list(getattr(importlib.import_module(module), function)(open_draft(spec, journal, resolve)))
