"""What a long piece of work is handed: a run's context is one, and a backup that belongs to no run has its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from cutover import recording
from cutover.connections import ConnectionInfo
from cutover.context import CancelToken, Db, watched


class Telling(Protocol):
    """Where it is told how far the work is, and what happened: a journal."""

    def progress(
        self,
        run_id: str,
        step: str,
        item: str,
        done: int,
        total: int | None = None,
        *,
        rate: float | None = None,
        eta_seconds: float | None = None,
        note: str | None = None,
    ) -> None:
        """Tell how far ``item`` is."""

    def event(
        self, run_id: str, kind: str, text: str, actor: str | None = None, data: Mapping[str, Any] | None = None
    ) -> None:
        """Tell what happened."""


class Task(Protocol):
    """Who works, how to stop it, and how to reach databases."""

    @property
    def run_id(self) -> str:
        """The run's id, or a word for work without a run; part of the sessions' names."""

    @property
    def log(self) -> logging.Logger:
        """The task's log."""

    @property
    def cancel(self) -> CancelToken:
        """An operator's way to stop it."""

    @property
    def journal(self) -> Telling:
        """Where progress and events go."""

    def open(
        self, info: ConnectionInfo, step: str, *, autocommit: bool = True, **settings: str
    ) -> AbstractContextManager[Db]:
        """Open a watched connection."""


class Untold:
    """A journal that nobody reads: for work that belongs to no run, of which only the log speaks."""

    def progress(
        self,
        run_id: str,
        step: str,
        item: str,
        done: int,
        total: int | None = None,
        *,
        rate: float | None = None,
        eta_seconds: float | None = None,
        note: str | None = None,
    ) -> None:
        """Tell nobody."""

    def event(
        self, run_id: str, kind: str, text: str, actor: str | None = None, data: Mapping[str, Any] | None = None
    ) -> None:
        """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Work:
    """A task of its own: of no run (``run_id`` is a word such as ``manual``), or a part of another task."""

    run_id: str
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("cutover"))
    cancel: CancelToken = field(default_factory=CancelToken)
    journal: Telling = field(default_factory=Untold)

    @contextmanager
    def open(self, info: ConnectionInfo, step: str, *, autocommit: bool = True, **settings: str) -> Iterator[Db]:
        """Open a watched connection; see :meth:`cutover.context.RunContext.open`."""
        name, record = f"cutover/{self.run_id}/{step}", recording.of(self.run_id)
        with watched(self.cancel, info, name, autocommit=autocommit, record=record, **settings) as db:
            yield db
