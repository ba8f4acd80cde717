"""The journal when its server, its network or its worker fails: nothing is lost, nothing is written twice."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from cutover.journal.check import Check
from cutover.journal.errors import JournalUnavailable, RunRefused
from cutover.journal.store import Journal
from localstack.cluster import Cluster
from localstack.throwaway import throwaway

RUN = "leads_v2.1"


def begin(journal: Journal, run_id: str = RUN, migration: str = "leads_v2") -> None:
    journal.begin_run(run_id, migration=migration, strategy="online", database="shop", title="Leads", spec={})


def cut(info: ConnectionInfo) -> int:
    """End every session of the journal on the server; returns how many there were."""
    with psycopg.connect(info.conninfo(), autocommit=True) as db:
        ended = db.execute(
            "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity"
            " where datname = current_database() and application_name = 'cutover/journal'"
        ).fetchone()
    assert ended is not None
    return ended[0]


CALLS: dict[str, Callable[[Journal], Any]] = {
    "begin_run": begin,
    "get_run": lambda j: j.get_run(RUN),
    "runs": lambda j: j.runs(),
    "set_state": lambda j: j.set_state(RUN, "building", "because"),
    "mark_swapped": lambda j: j.mark_swapped(RUN, timedelta(hours=1)),
    "step": lambda j: j.step(RUN, "build").__enter__(),
    "progress": lambda j: j.progress(RUN, "fill", "t", 1),
    "record_check": lambda j: j.record_check(RUN, Check("A", "a", True, "info", "fine")),
    "event": lambda j: j.event(RUN, "note", "x"),
    "control": lambda j: j.control(RUN),
    "set_control": lambda j: j.set_control(RUN, "olga", paused=True),
    "put_document": lambda j: j.put_document(RUN, "plan.md", "text/markdown", "x"),
    "documents": lambda j: j.documents(RUN),
    "claim_message": lambda j: j.claim_message(RUN, "begun"),
    "message_sent": lambda j: j.message_sent(RUN, "begun", "C1", "171.1"),
    "migrate": lambda j: j.migrate(),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_call_survives_a_dropped_connection(journal: Journal, name: str) -> None:
    begin(journal)
    assert cut(journal.info) == 1
    CALLS[name](journal)
    if name == "progress":
        assert [p.done for p in journal.get_progress(RUN)] == [1]


class Proxy:
    """A TCP proxy that can carry a request to the server and cut the line before the answer comes back."""

    def __init__(self, info: ConnectionInfo) -> None:
        self.server = (info.host, info.port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.info = replace(info, port=self.listener.getsockname()[1])
        self.swallow = threading.Event()
        self.swallowed = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self.server) as server, contextlib.suppress(OSError):
            while True:
                ready, _, _ = select.select([client, server], [], [])
                for source in ready:
                    data = source.recv(65536)
                    if not data:
                        return
                    if source is server and self.swallow.is_set():
                        # The server has done the work, and the client will never know.
                        self.swallow.clear()
                        self.swallowed += 1
                        return
                    (server if source is client else client).sendall(data)


@pytest.fixture
def proxied(journal: Journal) -> Iterator[tuple[Journal, Proxy]]:
    """A journal behind the proxy, with one run."""
    proxy = Proxy(journal.info)
    behind = Journal(proxy.info)
    begin(behind)
    yield behind, proxy
    behind.close()
    proxy.listener.close()


def test_begin_run_whose_answer_was_lost_is_still_this_run(journal: Journal, proxied: tuple[Journal, Proxy]) -> None:
    behind, proxy = proxied
    journal.set_state(RUN, "aborted")
    proxy.swallow.set()
    begin(behind, "orders_v2.1", "orders_v2")
    assert proxy.swallowed == 1
    assert [r.run_id for r in journal.runs()] == ["orders_v2.1", RUN]
    with pytest.raises(RunRefused):
        begin(behind, "other.1", "other")


def test_a_claim_whose_answer_was_lost_is_still_ours(journal: Journal, proxied: tuple[Journal, Proxy]) -> None:
    behind, proxy = proxied
    proxy.swallow.set()
    assert behind.claim_message(RUN, "begun")
    assert proxy.swallowed == 1
    assert not behind.claim_message(RUN, "begun")
    assert not journal.claim_message(RUN, "begun")


def test_what_is_appended_is_there_once_though_the_answer_was_lost(proxied: tuple[Journal, Proxy]) -> None:
    behind, proxy = proxied
    appends: list[Callable[[], Any]] = [
        lambda: behind.event(RUN, "note", "x"),
        lambda: behind.record_check(RUN, Check("A", "a", True, "info", "fine")),
        lambda: behind.set_state(RUN, "building"),
        lambda: behind.set_control(RUN, "olga", paused=True),
        lambda: behind.mark_swapped(RUN, timedelta(hours=1)),
        lambda: behind.progress(RUN, "fill", "t", 5),
    ]
    for append in appends:
        proxy.swallow.set()
        append()
    with contextlib.ExitStack() as stack:
        proxy.swallow.set()
        step = stack.enter_context(behind.step(RUN, "build"))
        assert step.attempt == 1
        proxy.swallow.set()
    assert proxy.swallowed == 8
    assert [e.kind for e in behind.events(RUN)] == ["note", "state", "control", "swapped"]
    assert len(behind.checks(RUN, history=True)) == 1
    assert [(s.attempt, s.state) for s in behind.steps(RUN)] == [(1, "done")]
    assert [p.done for p in behind.get_progress(RUN)] == [5]


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A server of these tests alone, to be stopped and started."""
    with throwaway(18) as cluster:
        yield cluster


@pytest.fixture
def fragile(server: Cluster) -> Iterator[Journal]:
    """A journal with one run on a server that may be stopped."""
    name = f"j{time.monotonic_ns()}"
    journal = Journal(server.create_database(name), patience=1.0)
    journal.migrate()
    begin(journal)
    yield journal
    journal.close()
    server.start()
    server.drop_database(name)


def test_telling_progress_to_a_dead_server_only_logs(
    fragile: Journal, server: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    server.stop("immediate")
    started = time.monotonic()
    with caplog.at_level(logging.WARNING, "cutover.journal"):
        for done in range(1000):
            fragile.progress(RUN, "fill", "public.leads", done, 1000)
    assert time.monotonic() - started < 5, "each batch waited for the journal"
    assert len(caplog.records) == 1
    assert "public.leads (fill: 0 of 1000) not written down" in caplog.text


def test_progress_goes_on_once_the_server_is_back(fragile: Journal, server: Cluster) -> None:
    server.stop("immediate")
    fragile.progress(RUN, "fill", "t", 1)
    server.start()
    deadline = time.monotonic() + 30
    done = 1
    while not fragile.get_progress(RUN):
        assert time.monotonic() < deadline
        done += 1
        fragile.progress(RUN, "fill", "t", done)
    assert [p.done for p in fragile.get_progress(RUN)] == [done]


def test_changing_state_on_a_dead_server_fails_clearly_after_its_patience(fragile: Journal, server: Cluster) -> None:
    server.stop("fast")
    started = time.monotonic()
    with pytest.raises(JournalUnavailable) as refused:
        fragile.set_state(RUN, "building")
    assert 1.0 <= time.monotonic() - started < 10
    assert "cannot be reached" in str(refused.value)
    assert "retry the task" in str(refused.value)
    assert server.password not in str(refused.value)
    server.start()
    assert fragile.set_state(RUN, "building").state == "building"


def test_a_call_waits_for_a_server_that_restarts(fragile: Journal, server: Cluster) -> None:
    fragile.patience = 30.0
    server.stop("immediate")
    back = threading.Timer(0.5, server.start)
    back.start()
    assert fragile.set_state(RUN, "building").state == "building"
    back.join()


def test_a_backfill_keeps_its_controls_while_the_journal_is_away(fragile: Journal, server: Cluster) -> None:
    fragile.set_control(RUN, "olga", paused=True, workers=7)
    assert fragile.control(RUN).paused
    server.stop("immediate")
    assert (fragile.control(RUN).paused, fragile.control(RUN).workers) == (True, 7)
    with Journal(fragile.info, patience=0.2) as new, pytest.raises(JournalUnavailable):
        new.control(RUN)  # nothing known: going on without knowing of a pause would be wrong


def test_a_steps_own_error_survives_a_dead_journal(fragile: Journal, server: Cluster) -> None:
    with pytest.raises(ValueError, match="the real reason"), fragile.step(RUN, "fill"):
        server.stop("immediate")
        raise ValueError("the real reason")
    server.start()
    assert [s.state for s in fragile.steps(RUN)] == ["running"]
    with fragile.step(RUN, "fill"):
        pass
    assert [s.state for s in fragile.steps(RUN)] == ["lost", "done"]


def _child(journal: Journal, out: Any) -> None:
    journal.event(RUN, "note", "from the child")
    out.send(os.getpid())


def test_a_forked_child_leaves_its_parents_connection_alone(journal: Journal) -> None:
    begin(journal)
    mine, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_child, args=(journal, theirs))
    child.start()
    assert mine.poll(30)
    mine.recv()
    child.join(30)
    assert child.exitcode == 0
    journal.event(RUN, "note", "from the parent")
    assert [e.text for e in journal.events(RUN)] == ["from the child", "from the parent"]
    assert cut(journal.info) == 1


def _hold_step(info: ConnectionInfo, out: Any) -> None:
    with Journal(info).step(RUN, "fill"):
        out.send("in")
        signal.pause()


def test_a_killed_workers_step_is_closed_by_the_next_attempt(journal: Journal) -> None:
    begin(journal)
    mine, theirs = multiprocessing.Pipe()
    worker = multiprocessing.get_context("fork").Process(target=_hold_step, args=(journal.info, theirs))
    worker.start()
    assert mine.poll(30)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join(30)
    with journal.step(RUN, "fill") as step:
        assert step.attempt == 2
    assert [s.state for s in journal.steps(RUN)] == ["lost", "done"]


def test_no_step_hangs_on_a_locked_journal(journal: Journal) -> None:
    begin(journal)
    with psycopg.connect(journal.info.conninfo()) as db, Journal(journal.info, patience=0) as impatient:
        db.execute("lock table cutover_journal.run in access exclusive mode")
        started = time.monotonic()
        with pytest.raises(JournalUnavailable, match="lock timeout"):
            impatient.set_state(RUN, "building")
        assert time.monotonic() - started < 20


def _broken(db: Any) -> None:
    """What psycopg makes of a Ctrl-C that breaks into a statement and finds the connection of no more use."""
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        raise psycopg.OperationalError("the connection is lost")  # noqa: B904 - as it comes


def test_a_ctrl_c_that_breaks_a_connection_is_no_reason_to_try_again(journal: Journal) -> None:
    with pytest.raises(KeyboardInterrupt):
        journal.attempt(_broken)


def test_whoever_deals_with_a_ctrl_c_still_writes_through_a_dropped_connection(journal: Journal) -> None:
    calls = []

    def work(db: Any) -> str:
        calls.append(db)
        if len(calls) == 1:
            raise psycopg.OperationalError("the connection is lost")
        return "written"

    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert journal.attempt(work) == "written"
