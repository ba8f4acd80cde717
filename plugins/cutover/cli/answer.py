"""What a command gives back: data for programs, text for people, and the exit code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cutover.errors import CutoverError

OK, FINDINGS, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


class UsageError(CutoverError):
    """The command line makes no sense, or a confirmation is missing."""

    code = "CLI001"


@dataclass(frozen=True, slots=True)
class Answer:
    """:param data: JSON-safe, printed with ``--json``; :param text: printed without."""

    data: Any
    text: str
    code: int = OK


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], empty: str) -> str:
    """Return an aligned table with a head, or ``empty`` where there are no rows."""
    lines = [[_cell(row.get(column)) for column in columns] for row in rows]
    if not lines:
        return empty
    lines.insert(0, [column.replace("_", " ").upper() for column in columns])
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def _cell(value: Any) -> str:
    text = "-" if value is None else str(value)
    return text.replace("\n", " ")[:120]
