"""Kill a stack's scheduler, as the kernel does when memory is short, and start it again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from localstack.stack import Stack

T = TypeVar("T")


def awaited(what: str, seconds: float, ready: Callable[[], T]) -> T:
    """Return what ``ready`` returns as soon as it is true."""
    end = time.monotonic() + seconds
    while not (found := ready()):
        assert time.monotonic() < end, f"not in {seconds} s: {what}"
        time.sleep(0.2)
    return found


def kill_scheduler(stack: Stack, *, with_workers: bool = False) -> None:
    """Kill it by SIGKILL and wait for its end.

    :param with_workers: and every task that it runs, as where the whole machine is gone.
    """
    scheduler = stack.registry.processes["scheduler"]
    below = _below(scheduler.pid) if with_workers else []
    for pid in (scheduler.pid, *below):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # ended meanwhile
    awaited("the scheduler's end", 20, lambda: not scheduler.alive)


def _below(pid: int) -> list[int]:
    """Return the processes below one, however deep."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found, new = list[int](), [pid]
    while new:
        new = [child for parent in new for child in parents.get(parent, ())]
        found += new
    return found
