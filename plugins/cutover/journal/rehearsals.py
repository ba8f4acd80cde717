"""Rehearsals: where each works, what it has made there, and how it went."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import psycopg
from psycopg.rows import DictRow

from cutover import sqlfiles
from cutover.journal.calls import Calls
from cutover.journal.errors import RehearsalUnknown
from cutover.journal.records import Rehearsal, Run
from cutover.journal.safe import json_safe, scrubbed

LOCK = "lock table cutover_journal.rehearsal_hold in share row exclusive mode"


class Rehearsals(Calls):
    """The rehearsals of the journal."""

    def begin_rehearsal(
        self,
        rehearsal_id: str,
        *,
        migration: str,
        strategy: str,
        title: str,
        spec: Mapping[str, Any],
        places: Mapping[str, Mapping[str, Any]],
        night: str | None = None,
        dag_run_id: str | None = None,
    ) -> Rehearsal:
        """Write a rehearsal down before anything is made for it; the same call again gives the same rehearsal."""
        self.rows(
            "rehearsal_begin",
            rehearsal_id=rehearsal_id,
            night=night,
            migration=migration,
            strategy=strategy,
            title=title,
            dag_run_id=dag_run_id,
            spec=json_safe(dict(spec), f"the spec of {migration!r}"),
            places=json_safe(dict(places), f"the places of {rehearsal_id!r}"),
        )
        return self.rehearsal(rehearsal_id)

    def rehearsal(self, rehearsal_id: str) -> Rehearsal:
        """:raises RehearsalUnknown: there is none of that id."""
        found = self.row("rehearsal_get", rehearsal_id=rehearsal_id)
        if not found:
            raise RehearsalUnknown(
                f"no rehearsal has the id {rehearsal_id!r}.", fix="leave `rehearsal` empty: the DAG rehearse sets it."
            )
        return Rehearsal(**found)

    def rehearsals(
        self,
        *,
        night: str | None = None,
        migration: str | None = None,
        verdict: str | None = None,
        uncleared: bool = False,
        limit: int = 500,
    ) -> list[Rehearsal]:
        """Return rehearsals, the newest first.

        :param uncleared: only those whose databases may still be there.
        """
        asked: dict[str, Any] = {
            "night": night,
            "migration": migration,
            "verdict": verdict,
            "uncleared": uncleared,
            "limit": limit,
        }
        return [Rehearsal(**row) for row in self.rows("rehearsals", **asked)]

    def note_rehearsal(
        self,
        rehearsal_id: str,
        *,
        places: Mapping[str, Any] | None = None,
        before: Mapping[str, Any] | None = None,
        live: Mapping[str, Any] | None = None,
        task: str | None = None,
        trouble: str | None = None,
        cleared: bool = False,
    ) -> None:
        """Add what is known now; what is not given stays as it is.

        :param task: what has come to an end: with ``trouble`` or, after an earlier one, well.
        """

        def document(value: Mapping[str, Any] | None) -> Any:
            return None if value is None else json_safe(dict(value), f"a note on {rehearsal_id!r}")

        self.rows(
            "rehearsal_note",
            rehearsal_id=rehearsal_id,
            places=document(places),
            before=document(before),
            live=document(live),
            task=task,
            trouble=None if trouble is None else scrubbed(trouble),
            cleared=cleared,
        )

    def end_rehearsal(
        self, rehearsal_id: str, verdict: str, reasons: Sequence[str], figures: Mapping[str, Any]
    ) -> None:
        """Write the verdict down: ``go``, ``no_go`` or ``not_rehearsed``."""
        self.rows(
            "rehearsal_end",
            rehearsal_id=rehearsal_id,
            verdict=verdict,
            reasons=json_safe([scrubbed(reason) for reason in reasons], "reasons"),
            figures=json_safe(dict(figures), "figures"),
        )

    def hold(self, rehearsal_id: str, places: Collection[str]) -> dict[str, str]:
        """Hold all ``places`` for a rehearsal, or none: return who has which of them, empty where they are ours now."""
        asked = {"rehearsal_id": rehearsal_id, "places": sorted(places)}

        def work(db: psycopg.Connection[DictRow]) -> dict[str, str]:
            with db.transaction():
                db.execute(LOCK)
                taken = db.execute(sqlfiles.text("journal/rehearsal_taken"), asked).fetchall()
                if not taken:
                    db.execute(sqlfiles.text("journal/rehearsal_hold"), asked)
            return {row["place"]: row["rehearsal_id"] for row in taken}

        return self.attempt(work)

    def let_go(self, rehearsal_id: str) -> None:
        """Give back what a rehearsal holds."""
        self.rows("rehearsal_let_go", rehearsal_id=rehearsal_id)

    def runs_of_rehearsal(self, rehearsal_id: str) -> list[Run]:
        """Return its runs, the oldest first."""
        return [Run(**row) for row in self.rows("runs_of_rehearsal", rehearsal_id=rehearsal_id)]
