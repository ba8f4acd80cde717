"""Check specs without a database: keys, files, SQL. Says everything that is wrong, with file and line."""

from __future__ import annotations

import argparse

from cutover.cli import opened
from cutover.cli.answer import FINDINGS, OK, Answer
from cutover.spec import places
from cutover.spec.errors import SpecError
from cutover.spec.loader import load_all
from cutover.spec.models import Migration

NAME = "validate"
HELP = "check specs; exit code 1 when one has a problem"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", metavar="NAME", nargs="*", help="migration or folder; left out: all of them")


def run(arguments: argparse.Namespace) -> Answer:
    good, bad = _named(arguments.names) if arguments.names else load_all()
    data = {
        "valid": [{"name": name, "title": spec.title, "strategy": spec.strategy} for name, spec in good.items()],
        "problems": [{"name": name, **p.as_dict()} for name, error in bad.items() for p in error.problems],
    }
    lines = [f"ok   {name}: {spec.title} ({spec.strategy})" for name, spec in good.items()]
    for name, error in bad.items():
        lines.append(f"BAD  {name}")
        for problem in error.problems:
            lines.append(f"     {problem.place}: {problem.message}")
            lines += [f"         {problem.fix}"] if problem.fix else []
    where = ", ".join(map(str, places.roots()))
    return Answer(data, "\n".join(lines) or f"there are no migrations in {where}", FINDINGS if bad else OK)


def _named(names: list[str]) -> tuple[dict[str, Migration], dict[str, SpecError]]:
    good, bad = {}, {}
    for name in names:
        try:
            good[name] = opened.spec(name)
        except SpecError as error:
            bad[name] = error
    return good, bad
