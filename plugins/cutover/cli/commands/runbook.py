"""Print what a run did: timeline, commands and SQL, figures, checks, issues. Of one that goes on: so far."""

from __future__ import annotations

import argparse
from pathlib import Path

from cutover.cli import opened
from cutover.cli.answer import Answer, UsageError

NAME = "runbook"
HELP = "print what a run did, or its post-mortem draft"


def arguments(parser: argparse.ArgumentParser) -> None:
    opened.argument_run(parser)
    parser.add_argument("--html", action="store_true", help="an HTML page by itself, instead of Markdown")
    parser.add_argument("--post-mortem", action="store_true", help="the draft of a post-mortem instead")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it to a file")


def run(arguments: argparse.Namespace) -> Answer:
    from cutover import runbook

    with opened.journal() as journal:
        story = runbook.read(journal, arguments.run)
    document = (runbook.post_mortem if arguments.post_mortem else runbook.runbook)(story)
    text = (runbook.to_html if arguments.html else runbook.to_markdown)(document)
    data = {"run": arguments.run, "state": story.run.state}
    if arguments.output is None:
        return Answer({**data, "text": text}, text)
    try:
        arguments.output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{arguments.output} cannot be written: {error.strerror}.",
            fix="name a file in a folder that you may write.",
        ) from None
    return Answer({**data, "file": str(arguments.output)}, f"written to {arguments.output}")
