"""Parse the command line, run one command, print its answer. Errors come without a traceback, with what mends them."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from cutover import __version__
from cutover.cli import commands
from cutover.cli.answer import BAD_INPUT, INTERRUPTED, Answer
from cutover.errors import Cancelled, CutoverError

DEBUG = "CUTOVER_DEBUG"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0 fine, 1 findings, 2 bad input or an error, 130 interrupted."""
    arguments = parser().parse_args(argv)
    with contextlib.suppress(AttributeError, ValueError):
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    with _logging_to_stderr(arguments.quiet):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    try:
        answer = arguments.command(arguments)
    except (KeyboardInterrupt, Cancelled):
        print("interrupted.", file=sys.stderr)
        return INTERRUPTED
    except CutoverError as error:
        return _failed(arguments.json, error.code, error.what, error.fix)
    except psycopg.Error as error:
        return _failed(arguments.json, "CLI002", f"the database says: {str(error).strip()}", None)
    except Exception as error:
        fix = f"set {DEBUG}=1 to see where, and report it."
        return _failed(arguments.json, "CLI003", f"internal error: {type(error).__name__}: {error}", fix)
    return _print(answer, as_json=arguments.json)


def parser() -> argparse.ArgumentParser:
    """Return the parser with all commands."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print JSON instead of text")
    common.add_argument("-q", "--quiet", action="store_true", help="tell no progress on stderr")
    root = argparse.ArgumentParser(
        prog="python -m cutover",
        description="Zero-downtime PostgreSQL migrations.",
        epilog="Exit codes: 0 fine, 1 findings, 2 bad input or an error, 130 interrupted.",
    )
    root.add_argument("--version", action="version", version=f"cutover {__version__}")
    chosen = root.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in commands.ALL:
        one = chosen.add_parser(command.NAME, help=command.HELP, description=command.__doc__, parents=[common])
        command.arguments(one)
        one.set_defaults(command=command.run)
    return root


def _print(answer: Answer, *, as_json: bool) -> int:
    try:
        print(json.dumps(answer.data, indent=2, ensure_ascii=False) if as_json else answer.text.rstrip("\n"))
        sys.stdout.flush()
    except BrokenPipeError:
        # `| head` has read enough; keep the interpreter from complaining at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return answer.code


def _failed(as_json: bool, code: str, what: str, fix: str | None) -> int:
    if os.environ.get(DEBUG):
        traceback.print_exc()
    if as_json:
        problem: dict[str, Any] = {"error": {"code": code, "what": what, "fix": fix}}
        print(json.dumps(problem, indent=2, ensure_ascii=False))
    else:
        print(f"[{code}] {what}", file=sys.stderr)
        if fix:
            print(f"  To mend it: {fix}", file=sys.stderr)
    return BAD_INPUT


@contextlib.contextmanager
def _logging_to_stderr(quiet: bool) -> Iterator[None]:
    logger, handler = logging.getLogger("cutover"), logging.StreamHandler()
    handler.setLevel(logging.WARNING if quiet else logging.INFO)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    level = logger.level
    logger.setLevel(min(level or logging.INFO, logging.INFO))
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
