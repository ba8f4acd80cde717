"""Print a page of documentation that is made from the code."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from cutover.cli.answer import Answer

NAME = "docs"
HELP = "print a page of documentation made from the code"


def _spec() -> str:
    from cutover.spec.reference import spec_page

    return spec_page()


def _cli() -> str:
    from cutover.cli.reference import cli_page

    return cli_page()


PAGES: dict[str, Callable[[], str]] = {"spec": _spec, "cli": _cli}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("page", choices=sorted(PAGES), help="which page")


def run(arguments: argparse.Namespace) -> Answer:
    text = PAGES[arguments.page]()
    return Answer({"page": arguments.page, "text": text}, text)
