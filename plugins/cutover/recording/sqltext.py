"""Whether a text of SQL changes something, and how it is shown: without values, without passwords, without comments.

A batch's bounds and a row's values are written into some texts; they become ``?``, so that all batches are one
statement with a count. In DDL literals are part of the definition (``DEFAULT 'new'``) and stay, but for those that hold
logins: ``CONNECTION '...'``, ``PASSWORD '...'`` and what stands in ``OPTIONS (...)``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from cutover.journal.safe import scrubbed
from cutover.recording.tokens import tokens

HIDDEN = "'***'"
# Their literals are values, not definitions.
OF_VALUES = frozenset(
    {"INSERT", "UPDATE", "DELETE", "MERGE", "SELECT", "WITH", "VALUES", "TABLE", "COPY", "CALL", "EXECUTE", "DECLARE"}
    | {"EXPLAIN", "NOTIFY", "SHOW"}
)
LOOKING = frozenset(
    {"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "FETCH", "MOVE", "CLOSE", "DECLARE", "BEGIN", "START"}
    | {"COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "LISTEN", "UNLISTEN", "PREPARE", "DEALLOCATE"}
    | {"DISCARD"}
)
# Functions by which a SELECT does something that is worth a line.
DOING = frozenset(
    {
        "dblink_exec",
        "lo_create",
        "lo_import",
        "lo_unlink",
        "pg_cancel_backend",
        "pg_copy_logical_replication_slot",
        "pg_create_logical_replication_slot",
        "pg_create_physical_replication_slot",
        "pg_create_restore_point",
        "pg_drop_replication_slot",
        "pg_replication_origin_advance",
        "pg_replication_origin_create",
        "pg_replication_origin_drop",
        "pg_replication_slot_advance",
        "pg_terminate_backend",
        "setval",
    }
)
# Settings that change what statements do; limits and the like do not.
SETTINGS = frozenset(
    {"authorization", "constraints", "default_transaction_read_only", "role", "session_authorization"}
    | {"session_replication_role", "synchronous_commit"}
)
_DATA = frozenset({"INSERT", "DELETE", "MERGE", "UPDATE"})
_SECRETIVE = frozenset({"CONNECTION", "PASSWORD"})
# A text that speaks of such is taken for a login, whatever it stands in.
_LOGIN = re.compile(r"(?i)passw|passfile|secret|token|conninfo|://")
_LIST = re.compile(r"\?(?:\s*,\s*\?)+")
_GROUPS = re.compile(r"(\(\?(?:, \.\.\.)?\))(?:\s*,\s*\(\?(?:, \.\.\.)?\))+")
_BLANK_LINES = re.compile(r"[ \t]*\n\s*\n")


@dataclass(slots=True)
class _Reader:
    """Goes through the words of a text that may hold several statements."""

    out: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    doing: bool = False
    depth: int = 0
    options: int | None = None  # how deep the parentheses of OPTIONS are

    def take(self, kind: str, text: str) -> None:
        """Take the next word."""
        if kind == "space":
            text = _space(text)
        elif kind == "word":
            self._word(text)
        elif kind in ("string", "number"):
            text = self._literal(kind, text)
        elif kind == "dollar":
            text = "?" if self._of_values() else _body(text)
        elif kind == "other":
            self._sign(text)
        self.out.append(text)

    def end(self) -> None:
        """Take the end of a statement."""
        self.doing = self.doing or _does(self.words)
        self.words = []
        self.options = None

    def _word(self, text: str) -> None:
        self.words.append(text)
        if text.upper() == "OPTIONS":
            self.options = self.depth

    def _literal(self, kind: str, text: str) -> str:
        if self._of_values():
            return "?"
        if kind == "number":
            return text
        return HIDDEN if self.options is not None else _definition(text, self.words[-1] if self.words else "")

    def _of_values(self) -> bool:
        return bool(self.words) and self.words[0].upper() in OF_VALUES

    def _sign(self, text: str) -> None:
        if text == "(":
            self.depth += 1
        elif text == ")":
            self.depth -= 1
            if self.options is not None and self.depth <= self.options:
                self.options = None
        elif text == ";" and self.depth <= 0:
            self.end()


def shown(text: str) -> str | None:
    """Return a text of SQL as it may be written down, or None where it changes nothing."""
    reader = _Reader()
    for kind, part in tokens(text):
        reader.take(kind, part)
    reader.end()
    return _tidy("".join(reader.out)) if reader.doing else None


def _body(text: str) -> str:
    """Return a body in dollar quotes, code of another language, without logins and comments."""
    tag = text[: text.index("$", 1) + 1]
    inner = text[len(tag) :].removesuffix(tag)
    out, word = [tag], ""
    for kind, part in tokens(inner):
        word = part if kind == "word" else word
        out.append(_definition(part, word) if kind == "string" else _body(part) if kind == "dollar" else part)
    return "".join([*out, tag])


def _definition(text: str, after: str) -> str:
    """Return a literal that is a part of a definition; one that holds a login is not shown."""
    return HIDDEN if after.upper() in _SECRETIVE or _LOGIN.search(text) else text


def _does(words: list[str]) -> bool:
    if not words:
        return False
    verb = words[0].upper()
    if verb in ("SET", "RESET"):
        named = [word.lower() for word in words[1:4] if word.upper() not in ("SESSION", "LOCAL")]
        return bool(named) and named[0] in SETTINGS
    if verb not in LOOKING:
        return True
    # SELECT ... FOR [NO KEY] UPDATE locks rows and changes none.
    data = verb == "WITH" and any(
        word.upper() in _DATA and before.upper() not in ("FOR", "KEY") for before, word in pairwise(words)
    )
    return data or not DOING.isdisjoint(word.lower() for word in words)


def _space(text: str) -> str:
    if "\n" not in text:
        return " "
    return "\n" + text.rpartition("\n")[2].replace("\t", "    ")


def _tidy(text: str) -> str:
    text = _BLANK_LINES.sub("\n", text).strip().rstrip(";").rstrip()
    text = _GROUPS.sub(r"\1, ...", _LIST.sub("?, ...", text))
    first, *rest = (line.rstrip() for line in text.split("\n"))
    margin = min((len(line) - len(line.lstrip()) for line in rest if line), default=0)
    return scrubbed("\n".join([first, *(line[margin:] for line in rest)]))
