"""Instances that lag behind the flag, that die, that write both sides themselves; and what is refused beforehand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cutover.connections import ConnectionInfo
from cutover.flags import FlagStoreAway, Mode
from cutover.journal.store import Journal
from cutover.postgres import dual_write
from cutover.postgres.dual_write import flagging, turning
from cutover.postgres.dual_write.steps import reads
from cutover.postgres.dual_write.steps.ready import PreflightFailed
from localstack.places import ROOT
from support.connections import Connections
from support.dual_runs import NAME, Application, DualRun

pytestmark = pytest.mark.engine
Make = Callable[..., DualRun]


@pytest.fixture
def make(tmp_path: Path, database: ConnectionInfo, journal: Journal) -> Iterator[Make]:
    made: list[DualRun] = []

    def build(**changes: Any) -> DualRun:
        made.append(DualRun(tmp_path, database, journal, **changes))
        return made[-1]

    yield build
    for one in made:
        one.close()


def until_all_reads_are_new(run: DualRun) -> None:
    dual_write.build(run.ctx)
    dual_write.write_both(run.ctx)
    dual_write.backfill(run.ctx)
    reads.move(run.ctx, 100)


def test_a_phase_begins_only_when_the_last_instance_has_taken_it_up(make: Make) -> None:
    run = make()
    client = run.client()
    dual_write.build(run.ctx)
    done = threading.Event()

    def begin() -> None:
        dual_write.write_both(run.ctx)
        done.set()

    with client.use() as use:
        assert not use.writes_new
        starting = threading.Thread(target=begin)
        starting.start()
        while run.flags.get(NAME).mode is not Mode.DUAL_WRITE_READ_OLD:
            assert starting.is_alive()
        (late,) = run.flags.waiting_for(NAME, run.flags.get(NAME).version)
        assert late.instance == client.instance and not done.is_set()
    assert done.wait(10)
    starting.join()


def test_one_that_lags_is_named_and_somebody_answers_for_it(make: Make) -> None:
    run = make()
    client = run.client(instance="batch-7")
    dual_write.build(run.ctx)
    with client.use():
        flag = flagging.move(run.ctx, Mode.DUAL_WRITE_READ_OLD)
        with pytest.raises(flagging.NotAcknowledged) as caught:
            flagging.await_acknowledged(run.ctx, flag, seconds=0.5)
        assert "1 instances do not work by version 2 yet: batch-7 (shop, version 1)" in caught.value.what
        assert caught.value.fix and caught.value.fix.endswith(f"flags excuse {NAME} batch-7")
        run.flags.excuse(NAME, "batch-7", by="ada")
        assert dual_write.write_both(run.ctx)["version"] == 2


def test_work_that_takes_too_long_lets_nobody_wait_for_it(make: Make) -> None:
    run = make(cutover={"max_pause": "500ms", "lock_timeout": "100ms", "attempts": 2})
    application, client = Application(run, 1000), run.client()
    application.start()
    try:
        until_all_reads_are_new(run)
        with client.use(), pytest.raises(turning.NotTurned, match=r"in 2 attempts: after 0\.3 s 1 instances do not"):
            dual_write.new_only(run.ctx)
        flag = run.flags.get(NAME)
        assert flag.mode is Mode.DUAL_WRITE_READ_NEW and flag.read_new == 100 and flag.held_for == 0
        assert dual_write.new_only(run.ctx)["pause_ms"] < 500
    finally:
        application.stop()
    assert application.failed == [] and application.sides == {"old", "new"}


DYING = """
import os, signal, sys
from datetime import timedelta
import psycopg
from cutover.connections import from_environment
from cutover.flags import FlagClient
from support.dual_runs import NAME, write
info = from_environment("shop")
with FlagClient(info, NAME, application="dying", lease=timedelta(seconds=2)) as client:
    with client.use() as use, psycopg.connect(info.conninfo()) as db:
        write(db, "old", 7, "never", 999001)
        print("in the middle", flush=True)
        signal.pause()
"""


def test_one_that_dies_while_it_writes_both_is_waited_for_no_longer_than_its_lease(
    make: Make, make_connection: Connections
) -> None:
    run = make()
    make_connection("shop", run.info)
    dual_write.build(run.ctx)
    dual_write.write_both(run.ctx)
    path = os.pathsep.join(str(ROOT / name) for name in ("plugins", "bin", "tests"))
    process = subprocess.Popen(
        [sys.executable, "-c", DYING], env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == b"in the middle\n"
        dual_write.backfill(run.ctx)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()
    moved = reads.move(run.ctx, 10)
    assert moved["seconds"] < 4
    assert run.sql("SELECT email FROM admins WHERE id = 7") == run.sql("SELECT email FROM accounts WHERE id = 7")
    assert run.sql("SELECT count(*) FROM messages WHERE ref = '999001'") == [(0,)]
    assert all(check["ok"] for check in dual_write.verify(run.ctx))


class WritesBoth(Application):
    """An application that writes both sides itself, the old one first."""

    both = True


def test_an_application_that_writes_both_sides_itself(make: Make) -> None:
    run = make(writer="application")
    run.sql("UPDATE admins SET name = 'touched' WHERE id < 10")
    applications = [WritesBoth(run, 1000), WritesBoth(run, 2000)]
    for one in applications:
        one.start()
    try:
        until_all_reads_are_new(run)
        run.sql("UPDATE admins SET name = 'by somebody who knows nothing of it' WHERE id = 5")
        assert dual_write.keep_in_step(run.ctx)["drained"] >= 1
        checks = dual_write.verify(run.ctx)
        assert all(check["ok"] for check in checks), [check for check in checks if not check["ok"]]
        dual_write.new_only(run.ctx)
        checks = dual_write.watch(run.ctx)
        assert all(check["ok"] for check in checks), checks
        back = dual_write.roll_back(run.ctx)
    finally:
        for one in applications:
            one.stop()
    assert back["was_swapped"] and back["row_diff"] == 0 and run.left() == []
    for one in applications:
        assert one.failed == [] and one.sides == {"old", "both", "new"}
        found = dict(run.sql("SELECT id, email FROM admins WHERE id = ANY (%s)", [*one.written]))
        assert found == one.written


def test_sequences_of_the_new_side_go_on_behind_the_last_number(make: Make) -> None:
    run = make()
    dual_write.build(run.ctx)
    run.sql("ALTER TABLE accounts ALTER id ADD GENERATED BY DEFAULT AS IDENTITY")
    until_all_reads_are_new(run)
    assert dual_write.new_only(run.ctx)["sequences"] == 1
    run.sql("INSERT INTO accounts (email, settings, sessions) VALUES ('next', '{}', 0)")
    assert run.sql("SELECT id FROM accounts WHERE email = 'next'") == [(41,)]
    assert run.sql("SELECT email FROM admins WHERE id = 41") == [("next",)]


WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("INSERT INTO sessions VALUES (gen_random_uuid(), NULL, now())", {}, "DUA026", "1 rows have no place"),
    ("DROP TABLE notices", {}, "DUA022", "public.notices: there is no such table"),
    (
        "ALTER TABLE notices RENAME TO n; CREATE VIEW notices AS SELECT * FROM n",
        {},
        "DUA023",
        "public.notices: it is a view",
    ),
    ("CREATE TABLE accounts (id int)", {}, "DUA025", 'relation "accounts" already exists'),
    ("ALTER TABLE admins ALTER id TYPE numeric", {}, "DUA002", "accounts"),
    ("SELECT 1", {"flags": {"instances": 3}}, "DUA011", "0 instances of the application follow the flag, not 3"),
]


@pytest.mark.parametrize(("trouble", "changes", "code", "text"), WRONG, ids=[one[2] for one in WRONG])
def test_what_cannot_go_well_is_named_beforehand(
    make: Make, trouble: str, changes: dict[str, Any], code: str, text: str
) -> None:
    run = make(**changes)
    run.sql(trouble)
    with pytest.raises(PreflightFailed) as caught:
        dual_write.preflight(run.ctx)
    assert f"[{code}]" in caught.value.what and text in caught.value.what
    assert run.sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'cutover%'") == []


def test_a_table_whose_rows_have_no_place_may_be_left_out(make: Make) -> None:
    run = make(left_out={"sessions": "those of nobody are of no use"})
    run.sql("INSERT INTO sessions VALUES (gen_random_uuid(), NULL, now())")
    dual_write.preflight(run.ctx)


def test_a_flag_that_was_left_somewhere_is_named_beforehand(make: Make) -> None:
    run = make()
    flagging.move(run.ctx, Mode.DUAL_WRITE_READ_OLD)
    with pytest.raises(PreflightFailed, match=r"\[DUA020\] flags: the flag is dual_write_read_old already"):
        dual_write.preflight(run.ctx)


def test_a_store_that_is_away_is_named_and_nothing_is_touched(make: Make) -> None:
    run = make(flags={"store": "elsewhere"})
    away = ConnectionInfo("elsewhere", host="127.0.0.1", port=1, user="x", dbname="x")
    run.ctx.resolve = lambda conn_id: away if conn_id == "elsewhere" else run.info
    with pytest.raises(PreflightFailed, match=r"\[FLG005\] flags: the store of flags elsewhere"):
        dual_write.preflight(run.ctx)
    assert run.left() == []


def test_a_store_that_goes_away_in_the_middle_leaves_applications_as_they_were(make: Make) -> None:
    run = make()
    application = Application(run, 1000)
    application.client.close()
    application.client = run.client(lease=timedelta(seconds=30))
    application.start()
    try:
        until_all_reads_are_new(run)
        resolve = run.ctx.resolve
        run.ctx.resolve = lambda _: ConnectionInfo("shop", host="127.0.0.1", port=1, user="x", dbname="x")
        with pytest.raises(FlagStoreAway):
            flagging.move(run.ctx, Mode.NEW_ONLY)
        run.ctx.resolve = resolve
        dual_write.new_only(run.ctx)
    finally:
        application.stop()
    assert application.failed == []
