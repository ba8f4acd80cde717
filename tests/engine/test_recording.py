"""Recording: what a step sends to a server is in the journal, whoever sends it, and costs next to nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from cutover import recording
from cutover.connections import ConnectionInfo
from cutover.context import Db
from cutover.journal.records import Statement
from cutover.journal.store import Journal
from cutover.postgres.task import Work
from cutover.recording import recorder as recorder_module
from cutover.recording import registry

RUN = "trial.1"


@pytest.fixture
def run(journal: Journal) -> Journal:
    """A journal with one run."""
    journal.begin_run(RUN, migration="trial", strategy="online", database="shop", title="A trial", spec={})
    return journal


def session(info: ConnectionInfo, run_id: str = RUN) -> AbstractContextManager[Db]:
    """Open a session as a step of a run does."""
    return Work(run_id).open(info, "step", search_path="public")


def by_text(journal: Journal) -> dict[str, Statement]:
    return {one.text: one for one in journal.statements(RUN)}


def test_all_kinds_of_statements(run: Journal, database: ConnectionInfo) -> None:
    with run.step(RUN, "build"), session(database) as db:
        db.execute("CREATE TABLE t (id int, note text)")
        db.execute("SELECT * FROM t")
        with db.cursor() as cursor, cursor.copy("COPY t FROM STDIN") as copy:
            copy.write("1\tone\n2\ttwo\n")
        for low in range(5):
            db.execute("INSERT INTO t SELECT n, 'x' FROM generate_series(1, %s) n WHERE n > %s", (100, low))
        with db.cursor() as cursor:
            cursor.executemany("UPDATE t SET note = %s WHERE id = %s", [("a", 1), ("b", 2)])
        with db.transaction(), db.cursor(name="reading") as cursor:
            assert cursor.execute("SELECT id FROM t").fetchone()
        with db.pipeline():
            db.execute("DELETE FROM t WHERE id = %s", (3,))
        table = sql.Identifier("t")
        db.execute(sql.SQL("ALTER TABLE {} ADD seen timestamptz DEFAULT {}").format(table, sql.Literal("2026-01-01")))
        db.execute(b"COMMENT ON TABLE t IS 'tried'; ANALYZE t")
        with pytest.raises(psycopg.errors.UndefinedTable):
            db.execute("DROP TABLE nowhere")
    found = by_text(run)
    assert list(found) == [
        "CREATE TABLE t (id int, note text)",
        "COPY t FROM STDIN",
        "INSERT INTO t SELECT n, ? FROM generate_series(?, %s) n WHERE n > %s",
        "UPDATE t SET note = %s WHERE id = %s",
        "DELETE FROM t WHERE id = %s",
        "ALTER TABLE \"t\" ADD seen timestamptz DEFAULT '2026-01-01'",
        "COMMENT ON TABLE t IS 'tried'; ANALYZE t",
        "DROP TABLE nowhere",
    ]
    batches = found["INSERT INTO t SELECT n, ? FROM generate_series(?, %s) n WHERE n > %s"]
    assert (batches.begun, batches.ended, batches.failed, batches.rows) == (5, 5, 0, 100 + 99 + 98 + 97 + 96)
    assert 0 < batches.longest <= batches.seconds and batches.first_at <= batches.last_at
    assert (batches.step, batches.kind, batches.place, batches.attempts) == ("build", "sql", database.conn_id, [1])
    assert found["COPY t FROM STDIN"].rows == 2
    assert (found["DROP TABLE nowhere"].begun, found["DROP TABLE nowhere"].failed) == (1, 1)


def test_attempts_are_added_up_and_other_runs_are_not_mixed_in(run: Journal, database: ConnectionInfo) -> None:
    for _ in range(2):
        with run.step(RUN, "build"), session(database) as db, session(database, "other.1") as other:
            db.execute("CREATE TABLE IF NOT EXISTS t (id int)")
            other.execute("CREATE TABLE IF NOT EXISTS o (id int)")
    with session(database) as db:
        db.execute("DROP TABLE t")  # no step is at work
    (one,) = run.statements(RUN)
    assert (one.text, one.begun, one.attempts) == ("CREATE TABLE IF NOT EXISTS t (id int)", 2, [1, 2])
    assert recording.of(RUN) is None and registry._at_work == {}


def test_threads_with_a_session_each(run: Journal, database: ConnectionInfo) -> None:

    def work(number: int) -> None:
        with session(database) as db:
            for batch in range(40):
                db.execute("INSERT INTO t VALUES (%s, %s)", (number, batch))

    with run.step(RUN, "fill"):
        with session(database) as db:
            db.execute("CREATE TABLE t (a int, b int)")
        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    insert = by_text(run)["INSERT INTO t VALUES (%s, %s)"]
    assert (insert.begun, insert.ended, insert.rows) == (160, 160, 160)


def test_programs_and_others_are_noted_with_how_they_ended(run: Journal) -> None:
    with run.step(RUN, "build"):
        with recording.noted(RUN, "program", "shop", "pg_dump -Fc"):
            pass
        with pytest.raises(ValueError, match="no"), recording.noted(RUN, "hook", "", "./tell"):
            raise ValueError("no")
    found = by_text(run)
    assert (found["pg_dump -Fc"].kind, found["pg_dump -Fc"].ended) == ("program", 1)
    assert (found["./tell"].kind, found["./tell"].failed) == ("hook", 1)


def test_a_password_of_a_connection_is_hidden_wherever_it_turns_up(run: Journal, database: ConnectionInfo) -> None:
    assert database.password
    default = sql.Literal(f"see {database.password}!")
    with run.step(RUN, "build"), session(database) as db:
        db.execute(sql.SQL("CREATE TABLE t (a text DEFAULT {})").format(default))
    (one,) = run.statements(RUN)
    assert one.text == "CREATE TABLE t (a text DEFAULT 'see ***!')"


def test_the_record_is_bounded(run: Journal, database: ConnectionInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "MOST_LINES", 5)
    monkeypatch.setattr(recorder_module, "LONGEST_TEXT", 50)
    monkeypatch.setattr(recorder_module, "KNOWN", 3)
    with run.step(RUN, "build"), session(database) as db:
        db.execute("CREATE TABLE t (a int, " + ", ".join(f"column_{n} int" for n in range(20)) + ")")
        for number in range(10):
            db.execute(sql.SQL("CREATE TABLE {} (a int)").format(sql.Identifier(f"t{number}")))
    found = run.statements(RUN)
    assert len(found) == 6 and sum(one.begun for one in found) == 11
    assert found[0].text.endswith("characters more") and len(found[0].text) < 120
    assert (found[-1].text, found[-1].begun) == (recorder_module.REST, 6)


def test_a_journal_that_is_away_fails_nothing(
    run: Journal, database: ConnectionInfo, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recorder_module, "TICK_SECONDS", 0.02)
    there = run.info
    with run.step(RUN, "build"), session(database) as db:
        run.close()
        run.info = replace(there, port=1)
        db.execute("CREATE TABLE t (a int)")
        recorder = recording.of(RUN)
        assert recorder is not None and not recorder.flush()
        db.execute("DROP TABLE t")
        run.info = there
    assert [one.text for one in run.statements(RUN)] == ["CREATE TABLE t (a int)", "DROP TABLE t"]

    def refuse(*_: object) -> None:
        raise OSError("gone")

    with recording.recording(RUN, "late", 1, refuse), session(database) as db:
        db.execute("CREATE TABLE late (a int)")
    assert "what ran at the end of late is not in the journal" in caplog.text


KILLED = """
import os, sys, time
from cutover.connections import from_environment
from cutover.journal.store import Journal
from cutover.postgres.task import Work
from cutover.recording import recorder
recorder.Recorder.__init__.__kwdefaults__["tick"] = 0.1
with Journal(from_environment("journal")) as journal, journal.step({run!r}, "index"):
    with Work({run!r}).open(from_environment("shop"), "index") as db:
        db.execute("CREATE TABLE t (a int)")
        db.execute("CALL slow()")
"""


def test_a_killed_worker_leaves_what_it_was_at(
    run: Journal, database: ConnectionInfo, make_connection: object, tmp_path: Path
) -> None:
    make_connection("journal", run.info)  # type: ignore[operator]
    make_connection("shop", database)  # type: ignore[operator]
    with psycopg.connect(database.conninfo(), autocommit=True) as db:
        db.execute("CREATE PROCEDURE public.slow() LANGUAGE sql AS 'SELECT pg_sleep(60)'")
    code = textwrap.dedent(KILLED).format(run=RUN).replace("CALL slow", "CALL public.slow")
    plugins = str(Path(recording.__file__).resolve().parents[2])
    code = code.replace("CREATE TABLE t", "CREATE TABLE public.t")
    child = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": plugins})
    try:
        ends = time.monotonic() + 30
        while len(run.statements(RUN)) < 2:
            assert time.monotonic() < ends and child.poll() is None
            time.sleep(0.05)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    table, call = run.statements(RUN)
    assert (table.text, table.begun, table.ended) == ("CREATE TABLE public.t (a int)", 1, 1)
    assert (call.text, call.begun, call.ended, call.failed) == ("CALL public.slow()", 1, 0, 0)


def test_nothing_is_read_or_written_while_clients_are_held(
    run: Journal, database: ConnectionInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = list[str]()
    real = recorder_module.shown
    monkeypatch.setattr(recorder_module, "shown", lambda text: (looked.append(text), real(text))[1])
    with run.step(RUN, "swap"), session(database) as db:
        recorder = recording.of(RUN)
        assert recorder is not None
        recorder.flush()
        flushing = threading.Thread(target=recorder.flush)
        with recording.held(RUN):
            db.execute("CREATE TABLE t (a int)")
            flushing.start()
            db.execute("DROP TABLE t")
            assert flushing.is_alive() and looked == [] and run.statements(RUN) == []
        flushing.join(10)
        assert len(run.statements(RUN)) == 2


def test_a_note_costs_less_than_a_hundredth_of_a_batch(run: Journal, database: ConnectionInfo) -> None:
    """Batches of 1000 rows, as the slowest of a backfill are: the note is measured against them, best of several."""
    statement = "INSERT INTO t SELECT n, md5(n::text) FROM generate_series(%s::int, %s::int) n"
    with run.step(RUN, "fill"), session(database) as db:
        db.execute("CREATE TABLE t (id int, note text)")
        batches = list[float]()
        for low in range(0, 50_000, 1000):
            began = time.perf_counter()
            db.execute(statement, (low, low + 999))
            batches.append(time.perf_counter() - began)
        recorder = recording.of(RUN)
        assert recorder is not None

        def note(times: int) -> float:
            began = time.perf_counter()
            for _ in range(times):
                calls = recorder.begin("sql", database.conn_id, statement)
                assert calls is not None
                recorder.end(calls, 0.001, rows=1000)
            return (time.perf_counter() - began) / times

        cost = min(note(500) for _ in range(10))
    assert cost < 0.01 * sorted(batches)[len(batches) // 2], (cost, sorted(batches)[len(batches) // 2])
