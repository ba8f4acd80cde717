"""The operations of the application, each with how often it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cutover_demo.accounts_app.work import Work

Operation = Callable[[Work], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """An operation, and how often it is done in comparison with the others."""

    run: Operation
    weight: int
    reads_only: bool = False


KINDS: dict[str, Kind] = {}


def operation(weight: int, *, reads_only: bool = False) -> Callable[[Operation], Operation]:
    """Register an operation under its name."""

    def register(run: Operation) -> Operation:
        KINDS[run.__name__] = Kind(run, weight, reads_only)
        return run

    return register
