"""What is wrong with a spec: every finding of one folder, each with its place and what would be right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from cutover.errors import CutoverError


@dataclass(frozen=True, slots=True)
class SpecProblem:
    """One finding.

    :param file: the file, as far as possible relative to the folder that holds the migrations.
    :param line: counted from 1; ``None`` where the finding has no line (a file that is missing).
    :param path: the key in the spec (``"tables[0].alter"``), or empty for the whole file.
    """

    file: str
    line: int | None
    path: str
    message: str
    fix: str | None = None

    @property
    def place(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.path}" if self.path else where

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" + (f" -> {self.fix}" if self.fix else "")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class SpecError(CutoverError):
    """A migration's spec cannot be used. :ivar problems: all that was found, in the order of the file."""

    code = "SPEC001"

    def __init__(self, name: str, problems: Iterable[SpecProblem]) -> None:
        self.name = name
        self.problems = tuple(problems)
        count = f"{len(self.problems)} problems" if len(self.problems) > 1 else "a problem"
        lines = "".join(f"\n  - {problem}" for problem in self.problems)
        super().__init__(f"the spec {name!r} has {count}:{lines}")


class SpecUnknown(CutoverError):
    """No migration has this name."""

    code = "SPEC002"


class SqlTextMissing(CutoverError):
    """The text of a migration's SQL file was never read: the migration was made by hand, without its folder."""

    code = "SPEC003"
