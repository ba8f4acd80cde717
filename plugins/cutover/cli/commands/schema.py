"""Print the JSON schema of migration.yaml, for editors (see docs/spec.md)."""

from __future__ import annotations

import argparse

from cutover.cli.answer import Answer
from cutover.spec.export import json_schema, schema_text

NAME = "schema"
HELP = "print the spec's JSON schema for editors"


def arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(arguments: argparse.Namespace) -> Answer:
    return Answer(json_schema(), schema_text())
