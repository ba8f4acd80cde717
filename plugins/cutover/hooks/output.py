"""What a command says: each line into the log as it comes, and its end kept for the error."""

from __future__ import annotations

import codecs
import io
import logging
import re
from collections import deque

from cutover.journal.safe import scrubbed

LOGGED_LINES = 5000
LINE = 2000
KEPT_LINES = 20
KEPT = 4000
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Output:
    """Takes bytes as they come. Passwords in a line are not shown; a line of 2000 characters ends there.

    :param label: names the hook before each line of the log.
    """

    def __init__(self, log: logging.Logger, label: str) -> None:
        self._log, self._label = log, label
        self._decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
        self._begun = ""
        self._logged = 0
        self._kept: deque[str] = deque(maxlen=KEPT_LINES)

    def take(self, chunk: bytes) -> None:
        """Log the lines that are complete by now."""
        self._lines(self._decoder.decode(chunk))

    def end(self) -> None:
        """Log what came after the last line break."""
        self._lines(self._decoder.decode(b"", final=True) + "\n")

    def tail(self) -> str:
        """Return the last lines, 4000 characters at most."""
        return "\n".join(self._kept)[-KEPT:]

    def _lines(self, text: str) -> None:
        *lines, self._begun = (self._begun + text).split("\n")
        while len(self._begun) > LINE:
            lines.append(self._begun[:LINE])
            self._begun = self._begun[LINE:]
        for line in lines:
            self._line(line)

    def _line(self, line: str) -> None:
        shown = scrubbed(_CONTROL.sub("", _COLOURS.sub("", line)))[:LINE].rstrip()
        if not shown:
            return
        self._kept.append(shown)
        self._logged += 1
        if self._logged <= LOGGED_LINES:
            self._log.info("%s | %s", self._label, shown)
        elif self._logged == LOGGED_LINES + 1:
            self._log.warning("%s | says more than %d lines: the rest is not logged", self._label, LOGGED_LINES)
