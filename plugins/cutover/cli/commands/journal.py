"""Create or upgrade the journal's schema behind the connection cutover_journal."""

from __future__ import annotations

import argparse

from cutover.cli import opened
from cutover.cli.answer import Answer

NAME = "journal"
HELP = "create or upgrade the journal"


def arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(arguments: argparse.Namespace) -> Answer:
    with opened.journal() as journal:
        version = journal.migrate()
        where = journal.info.label()
    return Answer({"journal": where, "version": version}, f"the journal {where} has schema version {version}.")
