"""Progress on a terminal, where one line is kept up to date, or in a log, where nothing is overwritten."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

EVERY = 10.0  # seconds between two lines of progress in a log


class Screen:
    """Writes to ``out``; on a terminal the last line shows the status of the moment."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._live = out.isatty()
        self._shown = ""
        self._due = 0.0
        self._begun = time.monotonic()

    def line(self, text: str = "") -> None:
        """Write a line that stays."""
        self._clear()
        print(text, file=self._out, flush=True)

    def step(self, text: str) -> None:
        """Write a line that stays, with the seconds since the start."""
        self.line(f"{time.monotonic() - self._begun:7.1f} s  {text}")

    def status(self, text: str) -> None:
        """Show ``text`` for the moment; in a log only every ten seconds."""
        if self._live:
            self._clear()
            self._shown = text[: shutil.get_terminal_size().columns - 1]
            print(self._shown, end="\r", file=self._out, flush=True)
        elif time.monotonic() >= self._due:
            self._due = time.monotonic() + EVERY
            self.step(text)

    def close(self) -> None:
        """Remove the status line."""
        self._clear()

    def _clear(self) -> None:
        if self._shown:
            print(" " * len(self._shown), end="\r", file=self._out)
            self._shown = ""
