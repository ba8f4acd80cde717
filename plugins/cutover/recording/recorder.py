"""Keeps what runs in one attempt of a step: in memory at once, in the journal every few seconds and at the end.

Any number of threads note at a time; a note is a look into a dict. Texts are looked at later, by a thread of the
recorder's own, and not at all while clients are held. Nothing here is ever a reason for a step to fail or to wait: what
cannot be written down is tried again, and told when it is lost.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from cutover.recording.entry import Calls, Counts, Line
from cutover.recording.sqltext import shown

log = logging.getLogger("cutover.recording")

TICK_SECONDS = 3.0
# Of one attempt; what comes on top is counted in a line of its own.
MOST_LINES = 400
MOST_TEXT = 400_000
LONGEST_TEXT = 6000
REST = "(further statements, which are not listed: the record of this step is full)"
# Raw texts that are known without looking; batches with their bounds in the text have as many as there are batches.
KNOWN = 4000
LEAST_SECRET = 4

Write = Callable[["Recorder", list[dict[str, Any]]], None]


class Recorder:
    """One attempt of one step.

    :param write: takes ``(recorder, rows)`` and writes them down, absolutely: the same rows again change nothing.
    """

    def __init__(self, run_id: str, step: str, attempt: int, write: Write, *, tick: float = TICK_SECONDS) -> None:
        self.id = uuid.uuid4()
        self.run_id, self.step, self.attempt = run_id, step, attempt
        self._write, self._tick = write, tick
        self._lock = threading.Lock()  # held for moments only
        self._writing = threading.RLock()
        self._over = threading.Event()
        self._known: dict[tuple[str, str, str | bytes], Calls] = {}
        self._touched: dict[int, Calls] = {}
        self._lines: dict[tuple[str, str, str], Line] = {}
        self._unwritten: dict[int, Line] = {}
        self._secrets: frozenset[str] = frozenset()
        self._size = 0
        self._thread: threading.Thread | None = None

    def hide(self, *secrets: str | None) -> None:
        """Never write these down, wherever they turn up."""
        found = {secret for secret in secrets if secret and len(secret) >= LEAST_SECRET}
        with self._lock:
            self._secrets |= found

    def begin(self, kind: str, place: str, raw: str | bytes) -> Calls | None:
        """Note that something begins; None where it is known to change nothing, and so is not noted.

        :param kind: ``sql``, ``program``, ``pooler`` or ``hook``. :param place: the connection's id.
        :param raw: the text; of SQL with placeholders, as it was given to the driver.
        """
        with self._lock:
            try:
                calls = self._known[kind, place, raw]
            except KeyError:
                calls = self._new(kind, place, raw)
            if calls.left_out:
                return None
            calls.counts.begun += 1
            self._touched[id(calls)] = calls
            return calls

    def end(self, calls: Calls, seconds: float, *, failed: bool = False, rows: int | None = None) -> None:
        """Note that it has ended."""
        with self._lock:
            if not calls.left_out:
                calls.end(seconds, failed=failed, rows=rows)
                self._touched[id(calls)] = calls

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Look at nothing and write nothing while the block runs: it is noted in memory alone."""
        got = self._writing.acquire(timeout=1.0)  # whoever is writing right now does so for milliseconds
        try:
            yield
        finally:
            if got:
                self._writing.release()

    def flush(self) -> bool:
        """Write down what is new; return whether there is nothing left to write."""
        with self._writing:
            self._settle()
            with self._lock:
                lines, self._unwritten = self._unwritten, {}
                now = time.monotonic()
                rows = [line.row(now) for line in lines.values()]
            if not rows:
                return True
            try:
                self._write(self, rows)
            except Exception as error:
                log.debug("the statements of %s are not written down yet: %s", self.step, error)
                with self._lock:
                    self._unwritten = {**lines, **self._unwritten}
                return False
            return True

    def close(self) -> None:
        """Write the last of it down."""
        self._over.set()
        if not self.flush():
            log.warning("what ran at the end of %s is not in the journal: it cannot be reached", self.step)

    def _new(self, kind: str, place: str, raw: str | bytes) -> Calls:
        if len(self._known) >= KNOWN:
            self._known.clear()
        calls = self._known[kind, place, raw] = Calls(kind, place, raw)
        if self._thread is None:
            self._thread = threading.Thread(target=self._keep_up, name="cutover-recorder", daemon=True)
            self._thread.start()
        return calls

    def _settle(self) -> None:
        """Find the lines of what was noted since the last time."""
        with self._lock:
            touched, self._touched = list(self._touched.values()), {}
        texts = [None if calls.line else self._text(calls) for calls in touched]
        with self._lock:
            for calls, text in zip(touched, texts, strict=True):
                line = calls.line
                if line is None and text is not None:
                    line = self._line(calls, text)
                if line is None:
                    calls.left_out = True
                else:
                    calls.hand_over(line)
                    self._unwritten[line.position] = line

    def _text(self, calls: Calls) -> str | None:
        raw = calls.raw if isinstance(calls.raw, str) else calls.raw.decode("utf-8", "backslashreplace")
        text = shown(raw) if calls.kind == "sql" else raw
        if text is None:
            return None
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return _cut(text)

    def _line(self, calls: Calls, text: str) -> Line:
        """Return the line of a text, or the one for all that there is no more room for."""
        full = len(self._lines) >= MOST_LINES or self._size + len(text) > MOST_TEXT
        if full and (calls.kind, calls.place, text) not in self._lines:
            text = REST
        key = calls.kind, calls.place, text
        if key not in self._lines:
            first = calls.counts.first
            self._lines[key] = Line(len(self._lines), *key, Counts(first=first, last=first))
            self._size += len(text)
        return self._lines[key]

    def _keep_up(self) -> None:
        while not self._over.wait(self._tick):
            self.flush()


def _cut(text: str) -> str:
    if len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:LONGEST_TEXT]}\n-- ... and {len(text) - LONGEST_TEXT:,} characters more"
