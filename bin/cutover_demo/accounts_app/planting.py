"""Mismatches, planted behind everybody's back: found by the application's reads, named, mended and proven right."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cutover.connections import from_environment
from cutover.flags import FlagStore
from cutover.journal.records import Run
from cutover.postgres.connect import connect
from cutover_demo.accounts_app import person
from cutover_demo.accounts_app.instance import MIGRATION
from cutover_demo.accounts_app.reading import FAMOUS
from cutover_demo.crowd import Promises
from cutover_demo.errors import WriterSlow
from cutover_demo.ledger import Entry
from cutover_demo.runs import DagRun
from cutover_demo.stage import Stage
from cutover_demo.statements import statement

T = TypeVar("T")
LOOK = 0.25  # seconds
LONGEST = 1800.0
READING = 3.0
# For so long an instance may keep what its reads have found.
BEAT = 3.0
# The fence lets only those through who derive rows: what is planted is what a faulty derivation would leave behind.
AS_DERIVED = "SET LOCAL cutover.deriving = 'on'"
# What `accounts/plant.sql` spoils: table and key of rows that belong to the accounts of FAMOUS, one each.
PLANTED = """
SELECT 'public.accounts', '1' UNION ALL SELECT 'public.accounts', '2'
UNION ALL SELECT 'public.sessions', md5('login3/1')::uuid::text
UNION ALL SELECT 'public.sessions', '00000000-0000-0000-0000-00000000dead'
UNION ALL SELECT 'public.events', md5('event9')::uuid::text
"""


@dataclass
class Planting:
    """Answers the run's questions; before the last one it spoils rows of the new side, and does not go on until they
    are found, named and right again.

    :ivar planted: tables and keys. :ivar read: accounts of which shadow reads have told different answers.
    :ivar named: the rows that ``cutover verify`` has named. :ivar repaired: how many ``cutover repair`` has mended.
    :ivar clean: whether it has found nothing when it was run again.
    :ivar compared: shadow reads until the repair, which lets their counts begin anew.
    """

    stage: Stage
    planted: set[tuple[str, str]] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    named: set[tuple[str, str]] = field(default_factory=set)
    repaired: int = 0
    clean: bool = False
    compared: int = 0
    source: str = "planting"
    _errors: list[str] = field(default_factory=list)
    _since: int = 0
    _over: threading.Event = field(default_factory=threading.Event, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)

    def __enter__(self) -> Planting:
        latest = self.stage.journal.latest_run(MIGRATION)
        self._since = latest.number if latest else 0
        self._thread = threading.Thread(target=self._work, name="planting", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join(timeout=60)

    def promises(self) -> Promises:
        return Promises()

    def entries(self) -> list[Entry]:
        return []

    def figures(self) -> dict[str, Any]:
        """Return ``{"planted": [rows], "read": [accounts], "named": [rows], "repaired", "clean"}``."""
        planted, named = (sorted(f"{table} {key}" for table, key in each) for each in (self.planted, self.named))
        return {
            "planted": planted,
            "read": sorted(self.read),
            "named": named,
            "repaired": self.repaired,
            "clean": self.clean,
            "compared": self.compared,
        }

    def problems(self) -> list[str]:
        """Return what did not go as it must: each planted row is found and named, mended once, and right then."""
        found = list(self._errors)
        if not self.planted:
            found.append("no mismatch was planted")
        if self.named != self.planted:
            found.append(f"planted were {sorted(self.planted)}, and verify has named {sorted(self.named)}")
        if self.planted and self.read != set(map(str, FAMOUS)):
            found.append(f"reads found different answers for the accounts {sorted(self.read)}, not {list(FAMOUS)}")
        if self.repaired != len(self.planted) or not self.clean:
            found.append(f"of {len(self.planted)} planted rows {self.repaired} were repaired")
        return found

    def _work(self) -> None:
        dag_run: DagRun | None = None
        try:
            run = self._await(self._begun)
            dag_run = DagRun(self.stage.stack.api, str(run.dag_id), str(run.dag_run_id))
            self._answer(dag_run, "approve_plan")
            self._await(lambda: person.asked(dag_run, "approve_cutover"))
            self._plant()
            self._mend(run)
            self._answer(dag_run, "approve_cutover")
        except _Over:
            pass
        except Exception as error:
            self._errors.append(f"{type(error).__name__}: {error}".strip())
            if dag_run is not None:
                self._answer(dag_run, "approve_cutover", "Reject")

    def _begun(self) -> Run | None:
        run = self.stage.journal.latest_run(MIGRATION)
        return run if run and run.number > self._since else None

    def _answer(self, dag_run: DagRun, question: str, what: str = "Approve") -> None:
        self._await(lambda: person.asked(dag_run, question))
        # Nobody is as quick as a program: an answer before the asking worker has ended confuses Airflow.
        self._over.wait(READING)
        person.answer(dag_run, question, what)

    def _plant(self) -> None:
        with connect(from_environment("shop"), application="demo/planting") as db, db.transaction():
            db.execute(AS_DERIVED)
            db.execute(statement("accounts/plant").encode())
            self.planted = {(table, key) for table, key in db.execute(PLANTED).fetchall()}
        self._say(f"asked for the cutover; planted {len(self.planted)} wrong rows on the new side instead")

    def _mend(self, run: Run) -> None:
        """Look before answering: what reads have found, which rows that are, and what mends them."""
        self._await(self._all_read, 60)
        self._say(f"reads of both sides found different answers for the accounts {', '.join(sorted(self.read))}")
        self.named = person.named_rows(self.stage.stack, run.run_id)
        self._say(f"cutover verify names {len(self.named)} rows")
        self.compared = self._reads()
        self.repaired, _ = person.repair(self.stage.stack, run.run_id)
        # What was compared before may be told only now; the second time, counting begins anew once more.
        self._over.wait(BEAT)
        more, found = person.repair(self.stage.stack, run.run_id)
        self.repaired, self.clean = self.repaired + more, not found
        self._say(f"cutover repair mended {self.repaired} rows, and finds {found} now")

    def _reads(self) -> int:
        return sum(each.reads for each in FlagStore(from_environment("shop")).shadow(MIGRATION))

    def _all_read(self) -> bool:
        found = FlagStore(from_environment("shop")).mismatches(MIGRATION)
        self.read |= {each.key for each in found}
        return self.read >= set(map(str, FAMOUS))

    def _await(self, reached: Callable[[], T | None], seconds: float = LONGEST) -> T:
        end = time.monotonic() + seconds
        while not (found := reached()):
            if self._over.wait(LOOK):
                raise _Over
            if time.monotonic() > end:
                raise WriterSlow(
                    f"nothing came within {seconds:.0f} s; read so far: {sorted(self.read)}", fix="look at the run."
                )
        return found

    def _say(self, text: str) -> None:
        self.stage.screen.step(text)


class _Over(Exception):
    """The play ends."""
