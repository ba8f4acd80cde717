"""What came of trying the change on an empty copy of the table, in a transaction that was rolled back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """What the server said.

    :param where: the line and the start of the statement, where that is known.
    """

    message: str
    detail: str | None = None
    hint: str | None = None
    where: str | None = None

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        if self.detail:
            text += f" ({self.detail})"
        return text


@dataclass(frozen=True, slots=True)
class Refusal:
    """A statement of ``alter`` that is not for the shadow table alone."""

    line: int
    excerpt: str
    reason: str
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Mended:
    """An error of the engine that already says what mends it."""

    what: str
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression of the spec. ``side``: ``columns`` (over the old row) or ``reverse`` (over the new one)."""

    side: str
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why an expression may give another value tomorrow for the same row."""

    expression: Expression
    reason: str
    certain: bool


@dataclass(frozen=True, slots=True)
class Misfit:
    """A row that is there today and that the new table refuses; ``key`` is None where the server tells it itself."""

    key: str | None
    problem: Problem


@dataclass(frozen=True, slots=True)
class Loss:
    """A value that comes back changed from the way there and back."""

    column: str
    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Filling:
    """How one column of the other side gets its value: the engine's own mapping, see ``online.mapping.Pair``."""

    column: str
    type: str
    kind: str
    source: str | None = None
    source_type: str | None = None
    default: str | None = None


@dataclass(frozen=True, slots=True)
class NewConstraint:
    """A unique, check or exclusion constraint, or a foreign key, that ``alter`` adds."""

    name: str
    definition: str


@dataclass(frozen=True, slots=True)
class NewParent:
    """A table that a foreign key in ``alter`` refers to, and whether the role may refer to it."""

    schema: str
    name: str
    referable: bool


@dataclass(frozen=True, slots=True)
class Follower:
    """A view, materialized view or trigger, defined over the copy.

    :param problem: why it cannot be; :param anew: the view's columns change, so it must be dropped and created again.
    """

    kind: str
    name: str
    problem: Problem | None = None
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """:param skipped: why nothing was tried; None when it was.

    :param build_problem: the shadow table could not be made at all.
    :param alter_problem: ``alter`` failed; :param mapping_problem: a column cannot be filled one way or the other.
    :param sampled: how many live rows went there and back.
    """

    skipped: str | None = "not tried"
    refusals: tuple[Refusal, ...] = ()
    build_problem: Problem | None = None
    alter_problem: Problem | None = None
    up_problem: Problem | None = None
    mapping_problem: Mended | None = None
    expression_problems: tuple[tuple[Expression, Problem], ...] = ()
    doubts: tuple[Doubt, ...] = ()
    forward: tuple[Filling, ...] = ()
    reverse: tuple[Filling, ...] = ()
    key: tuple[str, ...] = ()
    new_constraints: tuple[NewConstraint, ...] = ()
    sampled: int = 0
    sample_skipped: str | None = None
    misfit: Misfit | None = None
    way_back: Misfit | None = None
    losses: tuple[Loss, ...] = ()
    shadow_columns: tuple[str, ...] = ()
    followers: tuple[Follower, ...] = ()
    new_parents: tuple[NewParent, ...] = ()

    @property
    def built(self) -> bool:
        """Whether the copy was made and altered, so that the mappings are known."""
        return self.skipped is None and bool(self.forward)
