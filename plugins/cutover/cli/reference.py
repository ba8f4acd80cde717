"""docs/cli.md, made from the parser."""

from __future__ import annotations

import argparse

from cutover.cli.main import parser

_HEAD = """\
# The command line

<!-- Made by `python -m cutover docs cli` from the parser. Change that, then run it again. -->

`python -m cutover COMMAND` is for CI and for terminals; the order of a strategy's steps lives in its DAG, so there is
no command that runs a whole migration. `plugins/` must be on `PYTHONPATH`.

Connections are those of Airflow: `AIRFLOW_CONN_<ID>` (JSON or URI) in the environment, else Airflow's own where one is
set up on the machine. Runs are kept in the journal behind the connection `cutover_journal`.

Every command takes `--json` (its answer, or `{"error": {"code", "what", "fix"}}`, as JSON on stdout) and `--quiet`
(no progress on stderr). Exit codes: `0` fine, `1` findings, `2` bad input or an error, `130` interrupted. Errors have
stable codes; `CUTOVER_DEBUG=1` adds the traceback.

In CI: `python -m cutover validate`, and with a database at hand `python -m cutover preflight NAME --strict`.
"""


def cli_page() -> str:
    """Return docs/cli.md."""
    chosen = next(a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    return _HEAD + "".join(_section(name, one) for name, one in chosen.choices.items())


def _section(name: str, command: argparse.ArgumentParser) -> str:
    lines = [f"\n## {name}\n", f"{(command.description or '').strip()}\n"]
    shown = [action for action in command._actions if action.dest not in ("help", "json", "quiet")]
    if shown:
        lines += ["| argument | |", "|---|---|"]
        lines += [f"| {_spelled(action)} | {action.help or ''} |" for action in shown]
        lines.append("")
    return "\n".join(lines)


def _spelled(action: argparse.Action) -> str:
    if action.option_strings:
        value = "" if action.nargs == 0 else f" {action.metavar or _choices(action) or action.dest.upper()}"
        return ", ".join(f"`{option}{value}`" for option in action.option_strings)
    name = str(action.metavar or _choices(action) or action.dest)
    return f"`[{name} ...]`" if action.nargs == "*" else f"`[{name}]`" if action.nargs == "?" else f"`{name}`"


def _choices(action: argparse.Action) -> str:
    return "{" + ",".join(map(str, action.choices)) + "}" if action.choices else ""
