"""The ledger: what a writer was told, written down outside of the database, one file per writer.

A line is JSON. ``seed`` lines hold the rows that a writer owns at the start; ``intent`` lines what must be true
once a transaction has committed, written just before COMMIT is sent; ``ack``, ``read``, ``failed`` and ``undone``
lines what became of it. An intent without a verdict is of unknown outcome: its token in ``shop.ledger`` decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TextIO

Row = dict[str, Any]
Outcome = Literal["ack", "read", "failed", "undone", "unknown"]


@dataclass(slots=True)
class Effects:
    """What a transaction leaves behind: orders by reference and child rows by ``table:id``; None where gone.

    A child is ``[reference of its order, text of its columns]``.
    """

    orders: dict[str, Row | None] = field(default_factory=dict)
    children: dict[str, list[str] | None] = field(default_factory=dict)


@dataclass(slots=True)
class Entry:
    """One transaction of one writer, as its ledger file tells it.

    :param started: monotonic nanoseconds, comparable between the processes of one machine.
    :param seconds: wall time from the first statement to the verdict.
    """

    writer: int
    seq: int
    kind: str
    outcome: Outcome = "unknown"
    effects: Effects = field(default_factory=Effects)
    started: int = 0
    seconds: float = 0.0
    error: str | None = None

    @property
    def ended(self) -> int:
        """Monotonic nanoseconds at the verdict."""
        return self.started + round(self.seconds * 1e9)


def plain(value: Any) -> Any:
    """Turn a value of the database into JSON that is equal exactly where the values are equal."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"no plain form of {type(value).__name__}")


def normal(row: Mapping[str, Any]) -> Row:
    """Return ``row`` as it would be read back from a ledger file."""
    return json.loads(json.dumps(row, default=plain))


class LedgerFile:
    """The file that one writer appends to; every line reaches the kernel before the next statement is sent."""

    def __init__(self, folder: Path, writer: int) -> None:
        self._file: TextIO = (folder / f"writer-{writer}.jsonl").open("a", encoding="utf-8", buffering=1)

    def write(self, line: str, **fields: Any) -> None:
        """Append one line of the kind ``line``."""
        self._file.write(json.dumps({"line": line, **fields}, default=plain) + "\n")

    def close(self) -> None:
        self._file.close()


@dataclass(slots=True)
class Ledger:
    """All ledger files of a demo, read back: what was there at the start, and every transaction in order."""

    seeds: Effects = field(default_factory=Effects)
    entries: list[Entry] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path) -> Ledger:
        """Read ``writer-*.jsonl`` in ``folder``. A line that was cut off by a killed writer ends its file."""
        ledger = cls()
        for path in sorted(folder.glob("writer-*.jsonl")):
            ledger._take(int(path.stem.removeprefix("writer-")), path)
        return ledger

    def _take(self, writer: int, path: Path) -> None:
        latest: dict[int, Entry] = {}
        for fields in _lines(path):
            line = fields["line"]
            if line == "seed":
                self.seeds.orders.update(fields["orders"])
                self.seeds.children.update(fields["children"])
                continue
            seq = fields["seq"]
            if seq not in latest:
                latest[seq] = Entry(writer, seq, fields["kind"])
                self.entries.append(latest[seq])
            if line == "intent":
                latest[seq].effects = Effects(fields["orders"], fields["children"])
            else:
                entry = latest[seq]
                entry.outcome, entry.started, entry.seconds = line, fields["started"], fields["seconds"]
                entry.error = fields.get("error")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for text in file:
            if not text.endswith("\n"):
                return
            yield json.loads(text)
