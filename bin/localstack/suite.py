"""``bin/test``: lint, format, types, then every test; or only what the arguments name."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from localstack.places import ROOT

# Every pytest worker runs two PostgreSQL clusters: more than this many gain nothing.
MOST_WORKERS = 8
NOTHING_COLLECTED = 5
# Module by module, in the order of the folders: the short ones of tests/unit come last, so no worker waits long for
# another. By the number of their tests, as is usual, the longest ones would come last: they have few.
SHARED = ("--dist", "loadscope", "--no-loadscope-reorder")
# A whole stack wants the machine for itself: these run after the others, one at a time.
ALONE = "e2e or browser"


def main(arguments: Sequence[str]) -> int:
    """Run all checks, or pytest with ``arguments``; return 0 where everything passed."""
    if arguments:
        return _run(["-m", "pytest", *arguments])
    started, failed = time.monotonic(), []
    for name, command, good in _steps():
        print(f"\n== {name}", flush=True)
        if _run(command) not in good:
            failed.append(name)
    took = f"after {time.monotonic() - started:.0f} s"
    print(f"\n{'FAILED: ' + ', '.join(failed) if failed else 'All passed'} {took}")
    return 1 if failed else 0


def _steps() -> list[tuple[str, list[str], tuple[int, ...]]]:
    """Return name, arguments for python and good exit codes of every step, the quick ones first."""
    workers = str(max(1, min(len(os.sched_getaffinity(0)), MOST_WORKERS)))
    return [
        ("lint", ["-m", "ruff", "check"], (0,)),
        ("format", ["-m", "ruff", "format", "--check"], (0,)),
        ("types", ["-m", "mypy"], (0,)),
        ("tests", ["-m", "pytest", "-m", f"not ({ALONE})", "-n", workers, *SHARED], (0,)),
        ("tests of the whole stack", ["-m", "pytest", "-m", ALONE, "-p", "no:xdist"], (0, NOTHING_COLLECTED)),
    ]


def _run(arguments: Sequence[str | Path]) -> int:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
