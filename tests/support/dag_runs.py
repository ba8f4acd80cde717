"""Run whole DAGs in this process, and answer the questions that they ask."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cutover.spec import loader
from support.online_world import ALTER, ORDERS, SCHEMA, World

if TYPE_CHECKING:
    from cutover.connections import ConnectionInfo
    from cutover.context import RunContext
    from cutover.journal.records import Run
    from cutover.journal.store import Journal

DAGS = Path(__file__).resolve().parents[2] / "dags"
# `dag.test()` would wait for ever for a DAG run that it triggers: nothing else is there to carry it out.
TRIGGERS = "^(call_off|swap_back|go_back|turn_back)$"
LONGEST = 240.0
Spoken = tuple[str, str] | tuple[str, str, str]
Given = Spoken | Callable[[], Spoken | None]
TIME_OUT: Spoken = ("", "")
_answerers: list[Callable[[], None]] = []
_stored: set[str] = set()  # what the metadata database knows of


class Stage:
    """One database, one migration named ``trial``, and the DAGs to run it with."""

    def __init__(
        self, folder: Path, database: ConnectionInfo, journal: Journal, load_dag: Callable[[str], Any]
    ) -> None:
        self.world = World(folder, database, journal)
        self.journal = journal
        self.load = load_dag

    def spec(self, **more: Any) -> None:
        """Write the migration that most tests use; ``more`` overrides parts of it."""
        body = {"cutover": {"approval": "auto"}, **more}
        self.world.spec([ORDERS], {"alter.sql": ALTER}, **body)

    def furnish(self) -> None:
        """Fill the database, once."""
        if self.world.one("select to_regclass('public.orders') is null"):
            self.world.sql(SCHEMA.read_text())

    def begin(self, run_id: str = "trial.1", *, migration: str = "trial", **more: Any) -> Run:
        """Begin a run of a migration in the journal, without any DAG; each has a database of its own there."""
        spec = loader.load(self.world.folder / migration)
        values = {"migration": spec.name, "strategy": spec.strategy, "title": spec.title, "spec": spec.snapshot()}
        return self.journal.begin_run(run_id, database=run_id, triggered_by="tests", **values, **more)

    def swapped(self, **more: Any) -> RunContext:
        """Return the context of a run in its window, made by the engine alone; ``more`` is for its spec."""
        from cutover.postgres import online

        ctx = self.world.orders_run(name="trial", **more)
        for step in (online.build, online.backfill, online.index, online.catch_up, online.swap, online.settle):
            step(ctx)
        self.journal.set_state(ctx.run_id, "window")
        return ctx

    def spec_folder(self, name: str) -> Path:
        """Return a new folder for a migration."""
        folder = self.world.folder / name
        folder.mkdir()
        return folder

    def run(self, dag_id: str, conf: dict[str, Any]) -> dict[str, Any]:
        """Run a DAG to its end; return ``{"run": its state, task id: state ...}``."""
        self.furnish()
        return run_dag(self.load(dag_id), conf)

    def events(self, kind: str) -> list[str]:
        """Return the texts of the latest run's events."""
        return [event.text for event in self.journal.events(self.latest().run_id, kind=kind)]

    def latest(self) -> Run:
        found = self.journal.latest_run("trial")
        assert found is not None
        return found


def run_dag(dag: Any, conf: dict[str, Any]) -> dict[str, str]:
    """Run a freshly parsed DAG to its end; return ``{"run": its state, task id: state ...}``."""
    for task in dag.tasks:
        task.retry_delay = timedelta(seconds=0.1)
    with no_naps(), only_this_file(dag.fileloc):
        ended = dag.test(run_conf=conf, mark_success_pattern=TRIGGERS)
    tasks = {name: str(ti.state) for ti in ended.get_task_instances() for name in (ti.task_id, shown(ti))}
    return {"run": str(ended.state), **tasks}


def shown(ti: Any) -> str:
    """Return the task as Airflow shows it: mapped ones with their label."""
    return f"{ti.task_id}[{ti.rendered_map_index or ti.map_index}]" if ti.map_index >= 0 else str(ti.task_id)


@contextlib.contextmanager
def answering(**answers: Given | list[Given]) -> Iterator[list[str]]:
    """Answer questions while the block runs: ``answering(approve_plan=("Approve", "looks good"))``.

    Does what the API does when somebody presses a button; a list answers a question that is asked several times. Yields
    the ids of the tasks that were answered. A mapped task is named as Airflow shows it (``"sign_off[qa]"``);
    ``TIME_OUT`` lets the time run out; somebody else than olga is a third word; a callable may look around first, and
    give None to wait. Answers come while ``dag.test()`` naps, in its own thread: at other times it writes the state
    that it knows over the one that the answer has brought about.
    """
    answered = list[str]()
    waiting = {task: list(each) if isinstance(each, list) else [each] for task, each in answers.items()}

    def look() -> None:
        for task_id, left in waiting.items():
            if left and _give(task_id, left[0]):
                left.pop(0)
                answered.append(task_id)

    _answerers.append(look)
    try:
        yield answered
    finally:
        _answerers.remove(look)


def _give(task_id: str, given: Given) -> bool:
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:  # not the one of the DAG run
        ti, detail = asked(task_id, session)
        if ti is None or detail is None or detail.responded_at:
            return False
        answer = given() if callable(given) else given
        if answer is None:
            return False
        if answer == TIME_OUT:
            _time_out(ti, session)
        else:
            _answer(ti, detail, session, *answer)
        return True


def waiting(task_id: str) -> tuple[Any, Any]:
    """Return the task instance that waits for an answer, and its question; ``(None, None)`` where none does."""
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        found = asked(task_id, session)
        for each in filter(None, found):
            session.expunge(each)
        return found


def asked(task_id: str, session: Any) -> tuple[Any, Any]:
    """Return the newest task instance that waits for an answer, and its question."""
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.state import TaskInstanceState

    name, _, label = task_id.rstrip("]").partition("[")
    found = session.query(TaskInstance).filter(
        TaskInstance.task_id == name, TaskInstance.state == TaskInstanceState.AWAITING_INPUT
    )
    if label:
        found = found.filter(TaskInstance.rendered_map_index == label)
    ti = found.order_by(TaskInstance.start_date.desc()).first()
    return ti, session.query(HITLDetail).filter_by(ti_id=ti.id).one_or_none() if ti else None


def _answer(ti: Any, detail: Any, session: Any, option: str, words: str, who: str = "olga") -> None:
    from airflow.models.trigger import handle_event_submit
    from airflow.triggers.base import TriggerEvent

    detail.responded_by = {"id": f"{who}-7", "name": who}
    detail.responded_at = datetime.now(UTC)
    detail.chosen_options = [option]
    # All fields of the form, those that were left alone with what they were filled with.
    fields = {name: param["value"] for name, param in (detail.params or {}).items()}
    detail.params_input = {**fields, "words": words}
    handle_event_submit(TriggerEvent(detail.as_resume_event_payload()), task_instance=ti, session=session)


def _time_out(ti: Any, session: Any) -> None:
    """Let the question's time be up, and have Airflow's own scheduler notice it."""
    from airflow.jobs.job import Job
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner

    ti.trigger_timeout = datetime.now(UTC) - timedelta(seconds=1)
    session.flush()
    SchedulerJobRunner(job=Job()).check_awaiting_input_timeouts(session=session)


@contextlib.contextmanager
def only_this_file(fileloc: str) -> Iterator[None]:
    """Let ``dag.test()`` parse and store one DAG file anew, where the first run of this process has stored them all.

    It would parse the whole folder each time, which takes longer than most tasks do.
    """
    from airflow.dag_processing import dagbag

    whole, known = dagbag.BundleDagBag, bool(_stored)

    def bag(dag_folder: str, **more: Any) -> Any:
        return whole(dag_folder=fileloc if known else dag_folder, **more)

    dagbag.BundleDagBag = bag  # type: ignore[assignment, misc]
    try:
        yield
        _stored.add(fileloc)
    finally:
        dagbag.BundleDagBag = whole  # type: ignore[misc]


@contextlib.contextmanager
def no_naps() -> Iterator[None]:
    """Let ``dag.test()`` look at its tasks again at once: it naps for a second per level of tasks that will not run.

    Whoever answers questions does it then. A run that does not end fails: Airflow has the alarm clock for itself, by
    which a test would otherwise be ended.
    """
    sleep, ends = time.sleep, time.monotonic() + LONGEST

    def shorter(seconds: float) -> None:
        caller = sys._getframe(1).f_code.co_filename
        if not caller.endswith("airflow/sdk/definitions/dag.py"):
            return sleep(seconds)
        assert time.monotonic() < ends, f"the DAG run does not end within {LONGEST} s"
        for look in list(_answerers):
            look()
        return sleep(0.01)

    time.sleep = shorter
    try:
        yield
    finally:
        time.sleep = sleep
