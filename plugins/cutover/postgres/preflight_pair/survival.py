"""What became of blue's tables when the migration's SQL was run on an empty copy of them, and what that means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cutover.postgres.preflight_pair.structure import Name, Structure


@dataclass(frozen=True, slots=True)
class Fit:
    """How the rows of blue fit what the design asks of them.

    :param bad: how many of ``seen`` rows do not; None where it could not be found out, then ``reason`` says why.
    :param whole: every row was looked at.
    """

    bad: int | None
    seen: int = 0
    whole: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Survival:
    """The design, beside what it was made from.

    :param reason: why there is no design; then the rules have only the text of ``schema.up`` to go by.
    :param problem: what the server said when ``schema.up`` was run; :param line: where in the file.
    :param before: the copy of blue before ``schema.up``, :param after: after it.
    :param renamed: old name -> new name, of tables.
    :param columns_renamed: table of blue -> old name -> new name, of columns.
    :param fits: what was tried on blue's rows, by a key that :mod:`.samples` makes.
    :param wrote: tables into which ``schema.up`` itself wrote rows, with how many.
    :param triggers: triggers of the design that fire where changes are applied.
    :param refused: what the run's own mapping says to the design, one line each.
    :param shared: columns that travel, of each table.
    :param failed: ``reason`` is an error of the trial itself, which the run would meet as well.
    :param expressions: (table, ``columns`` or ``reverse``, column) -> what is wrong with the spec's expression.
    """

    reason: str | None = None
    problem: str | None = None
    line: int | None = None
    before: Structure = field(default_factory=Structure)
    after: Structure = field(default_factory=Structure)
    renamed: Mapping[Name, Name] = field(default_factory=dict)
    columns_renamed: Mapping[Name, Mapping[str, str]] = field(default_factory=dict)
    fits: Mapping[tuple[str, str, str], Fit] = field(default_factory=dict)
    wrote: Mapping[str, int] = field(default_factory=dict)
    expressions: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    triggers: tuple[Any, ...] = ()
    refused: tuple[str, ...] = ()
    shared: Mapping[Name, tuple[str, ...]] = field(default_factory=dict)
    failed: bool = False

    @property
    def known(self) -> bool:
        return self.reason is None and self.problem is None
