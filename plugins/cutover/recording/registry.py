"""The step that is at work for a run in this process, found by the run's id.

A run's statements are sent by many hands (worker threads, the router, the store of flags, the critical section), most
of which know nothing of a journal; all of them know the run.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from cutover.recording.recorder import Recorder, Write

_lock = threading.Lock()
_at_work: dict[str, list[Recorder]] = {}


def of(run_id: str | None) -> Recorder | None:
    """Return what records for a run; none while no step of it is at work here."""
    found = _at_work.get(run_id) if run_id else None
    return found[-1] if found else None


@contextlib.contextmanager
def recording(run_id: str, step: str, attempt: int, write: Write) -> Iterator[Recorder]:
    """Record what a run sends while the block runs."""
    recorder = Recorder(run_id, step, attempt, write)
    with _lock:
        _at_work[run_id] = [*_at_work.get(run_id, []), recorder]
    try:
        yield recorder
    finally:
        with _lock:
            left = [each for each in _at_work[run_id] if each is not recorder]
            if left:
                _at_work[run_id] = left
            else:
                del _at_work[run_id]
        recorder.close()


@contextlib.contextmanager
def noted(run_id: str | None, kind: str, place: str, text: str) -> Iterator[None]:
    """Note what the block does as one line."""
    recorder = of(run_id)
    if recorder is None:
        yield
        return
    calls, began = recorder.begin(kind, place, text), time.perf_counter()
    failed = True
    try:
        yield
        failed = False
    finally:
        if calls is not None:
            recorder.end(calls, time.perf_counter() - began, failed=failed)


@contextlib.contextmanager
def held(run_id: str) -> Iterator[None]:
    """Keep the record in memory alone while the block runs: clients wait for it."""
    recorder = of(run_id)
    with recorder.held() if recorder else contextlib.nullcontext():
        yield
