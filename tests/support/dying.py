"""Runs steps of double writing in a process that dies at a named point."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

from cutover import points
from localstack.places import ROOT

KILLED = -9


def child(run_id: str, *steps: str, die_at: str | None = None) -> int:
    """Run ``steps`` of a run in a process of their own; return how it ended."""
    path = os.pathsep.join(str(ROOT / name) for name in ("plugins", "bin", "tests"))
    environment = {**os.environ, "PYTHONPATH": path, **({points.VARIABLE: die_at} if die_at else {})}
    command = [sys.executable, "-m", "support.dual_child", run_id, *steps]
    return subprocess.run(command, env=environment, timeout=120, check=False).returncode


def goes_on(written: Callable[[], int], seconds: float = 10) -> None:
    """Something is written from now on."""
    known, ends = written(), time.monotonic() + seconds
    while written() <= known + 3:
        assert time.monotonic() < ends, "the application stands still"
        time.sleep(0.01)
