"""Runs steps of double writing in a process that dies at a named point."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from cutover import points
from support import children

KILLED = -9


def child(run_id: str, *steps: str, die_at: str | None = None) -> int:
    """Run ``steps`` of a run in a process of their own; return how it ended."""
    environment = {**os.environ, **({points.VARIABLE: die_at} if die_at else {})}
    return children.start("support.dual_child", run_id, *steps, environment=environment).wait(120)


def goes_on(written: Callable[[], int], seconds: float = 10) -> None:
    """Something is written from now on."""
    known, ends = written(), time.monotonic() + seconds
    while written() <= known + 3:
        assert time.monotonic() < ends, "the application stands still"
        time.sleep(0.01)
