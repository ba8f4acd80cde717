"""What a person does beside a run: answers its questions in Airflow, and types commands."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from typing import Any

from cutover_demo.errors import DemoError
from cutover_demo.runs import DagRun
from localstack.errors import StackError
from localstack.stack import Stack

NEW_SIDE = ("public.accounts", "public.sessions", "public.events", "public.messages")


class CommandFailed(DemoError):
    """A command of the command line did not do what it should."""

    code = "DEMO007"


def asked(dag_run: DagRun, task_id: str) -> bool:
    """Whether a question waits for an answer."""
    with contextlib.suppress(StackError):  # it is not asked yet
        return not dag_run.api.get(_path(dag_run, task_id))["response_received"]
    return False


def answer(dag_run: DagRun, task_id: str, what: str = "Approve") -> None:
    """Answer a question that waits."""
    dag_run.api.call("PATCH", _path(dag_run, task_id), {"chosen_options": [what], "params_input": {}})


def command(stack: Stack, *arguments: str, codes: tuple[int, ...] = (0,)) -> dict[str, Any]:
    """Run ``python -m cutover ...`` and return its JSON. :raises CommandFailed: it ended with none of ``codes``."""
    line = [sys.executable, "-m", "cutover", *arguments, "--json", "--quiet"]
    done = subprocess.run(line, env=stack.env(), capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        raise CommandFailed(
            f"cutover {' '.join(arguments)} ended with {done.returncode}: {(done.stderr + done.stdout).strip()}",
            fix="run it by hand, with bin/demo --keep.",
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def named_rows(stack: Stack, run_id: str) -> set[tuple[str, str]]:
    """Return table and key of each row of the new side that ``cutover verify`` names; exit code 1 says that it does.

    What is wrong on the new side shows in old tables as well, told by the reverse mapping.
    """
    checks = command(stack, "verify", run_id, codes=(1,))["checks"]
    return {
        (check["object"], "/".join(str(key[part]) for part in key if part != "kind"))
        for check in checks
        if check["object"] in NEW_SIDE
        for key in (check["figures"] or {}).get("first_keys") or []
    }


def repair(stack: Stack, run_id: str) -> tuple[int, int]:
    """Run ``cutover repair``; return how many rows it has mended, and how many it found to differ."""
    tables = command(stack, "repair", run_id)["tables"]
    return sum(int(table["mended"]) for table in tables), sum(int(table["found"]) for table in tables)


def _path(dag_run: DagRun, task_id: str) -> str:
    return f"{dag_run.path}/taskInstances/{task_id}/-1/hitlDetails"
