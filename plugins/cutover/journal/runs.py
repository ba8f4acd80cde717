"""Runs: beginning, finding and moving them from state to state."""

from __future__ import annotations

import difflib
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NoReturn

import psycopg

from cutover.journal.calls import Calls
from cutover.journal.errors import RunRefused, RunUnknown, StateRefused
from cutover.journal.records import STATES, TERMINAL, Run
from cutover.journal.safe import json_safe, scrubbed

# A run that has ended may still be taken back, or cleaned up, by hand; a finalized one has no way back.
_FROM_TERMINAL = {
    "rolling_back": frozenset({"failed", "aborted", "rolled_back"}),
    "finalizing": frozenset({"failed"}),
}


class Runs(Calls):
    """The runs of the journal."""

    def begin_run(
        self,
        run_id: str,
        *,
        migration: str,
        strategy: str,
        database: str,
        title: str,
        spec: dict[str, Any],
        dag_id: str | None = None,
        dag_run_id: str | None = None,
        triggered_by: str | None = None,
        dry_run: bool = False,
        rehearsal_of: str | None = None,
    ) -> Run:
        """Write the run down as the one active run of ``database``; the same call again gives the same run.

        :param database: what is locked; two names for one database are two locks.
        :raises RunRefused: another run is active on ``database`` (named), ``run_id`` belongs to another migration
            or DAG run, or the run has ended already.
        """
        asked = {
            "run_id": run_id,
            "migration": migration,
            "strategy": strategy,
            "database": database,
            "title": title,
            "dag_id": dag_id,
            "dag_run_id": dag_run_id,
            "triggered_by": triggered_by,
            "dry_run": dry_run,
            "rehearsal_of": rehearsal_of,
        }
        document = json_safe(spec, f"the spec of {migration!r}")
        while True:
            new = self.row("begin_run", **asked, spec=document)
            if new:
                return Run(**new)
            existing = self.row("run", run_id=run_id)
            if existing:
                return _same_run(Run(**existing), asked)
            active = self.row("active_run", database=database)
            if active:
                _refuse(Run(**active), f"run {run_id!r} may not begin")
            # The run that was in the way ended between the two statements: try again.

    def get_run(self, run_id: str) -> Run:
        """:raises RunUnknown: no such run; the error names the nearest or the latest ones."""
        found = self.row("run", run_id=run_id)
        return Run(**found) if found else self._unknown(run_id)

    def runs(
        self,
        strategy: str | None = None,
        states: Iterable[str] | None = None,
        limit: int = 50,
        *,
        migration: str | None = None,
        dry_run: bool | None = None,
    ) -> list[Run]:
        """Return runs, the newest first.

        :param dry_run: only rehearsals, or only what is none; by default both.
        """
        wanted = None if states is None else [_known(state) for state in states]
        asked: dict[str, Any] = {
            "strategy": strategy,
            "states": wanted,
            "limit": limit,
            "migration": migration,
            "dry_run": dry_run,
        }
        return [Run(**row) for row in self.rows("runs", **asked)]

    def latest_run(self, migration: str) -> Run | None:
        """Return the newest run of a migration, whatever its state; rehearsals are none."""
        found = self.runs(migration=migration, limit=1, dry_run=False)
        return found[0] if found else None

    def active_run(self, database: str) -> Run | None:
        """Return the run that keeps others from beginning on ``database``."""
        found = self.row("active_run", database=database)
        return Run(**found) if found else None

    def set_state(self, run_id: str, state: str, reason: str | None = None, actor: str | None = None) -> Run:
        """Move a run to ``state`` and write an event; repeating it is harmless. ``None`` keeps the earlier reason.

        :raises StateRefused: the run has ended and cannot get there any more.
        :raises RunRefused: it would become active again, but another run is active on its database.
        :raises RunUnknown: no such run.
        """
        allowed = [s for s in STATES if s not in TERMINAL or s in _FROM_TERMINAL.get(_known(state), ())] + [state]
        reason = None if reason is None else scrubbed(reason)
        text = state if reason is None else f"{state}: {reason}"
        try:
            changed = self.row(
                "set_state",
                run_id=run_id,
                state=state,
                reason=reason,
                actor=actor,
                text=text,
                allowed=allowed,
                terminal=state in TERMINAL,
                event_id=uuid.uuid4(),
            )
        except psycopg.errors.UniqueViolation:
            run = self.get_run(run_id)
            active = self.row("active_run", database=run.database)
            if active:
                _refuse(Run(**active), f"run {run_id!r} cannot go from {run.state} to {state}")
            return self.set_state(run_id, state, reason, actor)
        if changed:
            return Run(**changed)
        run = self.get_run(run_id)
        raise StateRefused(
            f"run {run_id!r} has ended as {run.state} and cannot become {state}.",
            fix="trigger a new run; a run that was finalized has no way back, since its old side is gone.",
        )

    def mark_swapped(self, run_id: str, window: timedelta) -> Run:
        """Write down that live changed sides now, and until when the way back is open; the first call stands."""
        changed = self.row("mark_swapped", run_id=run_id, window=window, event_id=uuid.uuid4())
        return Run(**changed) if changed else self._unknown(run_id)

    def _unknown(self, run_id: str) -> NoReturn:
        latest = [run.run_id for run in self.runs(limit=200)]
        near = difflib.get_close_matches(run_id, latest, n=1)
        fix = f"did you mean {near[0]!r}?" if near else f"the latest runs are: {', '.join(latest[:5]) or 'none yet'}."
        raise RunUnknown(f"no run has the id {run_id!r}.", fix=fix)


def _known(state: str) -> str:
    if state not in STATES:
        raise StateRefused(f"{state!r} is no state of a run.", fix=f"use one of {', '.join(STATES)}.")
    return state


def _same_run(run: Run, asked: dict[str, Any]) -> Run:
    for name in ("migration", "database", "dag_id", "dag_run_id"):
        if getattr(run, name) != asked[name]:
            raise RunRefused(
                f"run id {run.run_id!r} is taken: its {name} is {getattr(run, name)!r}, not {asked[name]!r}.",
                fix="trigger again in a second: run ids are made from the migration's name and the clock.",
                active_run_id=run.run_id,
            )
    if run.terminal:
        raise RunRefused(
            f"run {run.run_id!r} has already ended as {run.state}.", fix="trigger a new run.", active_run_id=run.run_id
        )
    return run


def _refuse(active: Run, what: str) -> NoReturn:
    by = f" by {active.triggered_by}" if active.triggered_by else ""
    raise RunRefused(
        f"{what}: run {active.run_id!r} of migration {active.migration!r} is {active.standing} on "
        f"{active.database!r} (started {active.started_at:%Y-%m-%d %H:%M:%S} UTC{by}).",
        fix=f"wait for it to end, or take it back: DAG rollback_{active.strategy}, run {active.run_id!r}.",
        active_run_id=active.run_id,
    )
