"""Runs in the journal: one active per database, ids, states, and no way to cheat."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from cutover.errors import CutoverError
from cutover.journal.errors import JournalMissing, NotJsonSafe, RunRefused, RunUnknown, StateRefused
from cutover.journal.records import ACTIVE, STATES, TERMINAL, Run, new_run_id
from cutover.journal.store import Journal


def begin(journal: Journal, run_id: str = "leads_v2.1", **changes: Any) -> Run:
    values: dict[str, Any] = {
        "migration": "leads_v2",
        "strategy": "online",
        "database": "shop",
        "title": "Leads get preferences",
        "spec": {"name": "leads_v2", "tables": [{"name": "public.leads", "text": 'quote " and \u20ac'}]},
        "dag_id": "online",
        "dag_run_id": "manual__1",
        "triggered_by": "olga",
    }
    return journal.begin_run(run_id, **{**values, **changes})


def test_a_run_is_written_down_as_it_was_given(journal: Journal) -> None:
    run = begin(journal, dry_run=True, rehearsal_of="leads_v2.0")
    assert run == journal.get_run("leads_v2.1") == journal.active_run("shop")
    assert journal.latest_run("leads_v2") is None, "a rehearsal is no run of the migration"
    assert run.state == "preparing"
    assert run.active
    assert not run.terminal
    assert run.spec["tables"][0]["text"] == 'quote " and \u20ac'
    assert (run.dry_run, run.rehearsal_of, run.triggered_by, run.number) == (True, "leads_v2.0", "olga", run.number)
    assert run.started_at.tzinfo is not None
    assert "spec" not in run.as_dict()
    assert run.as_dict(with_spec=True)["spec"] == run.spec


def test_beginning_again_gives_the_same_run(journal: Journal) -> None:
    assert begin(journal) == begin(journal)
    assert len(journal.runs()) == 1


def test_a_second_run_on_the_database_is_refused_with_the_name_of_the_first(journal: Journal) -> None:
    begin(journal)
    with pytest.raises(RunRefused) as refused:
        begin(journal, "orders_v2.1", migration="orders_v2")
    assert refused.value.active_run_id == "leads_v2.1"
    for part in ("orders_v2.1", "leads_v2.1", "'leads_v2'", "'shop'", "olga", "rollback_online"):
        assert part in str(refused.value)
    assert [r.run_id for r in journal.runs()] == ["leads_v2.1"]
    assert begin(journal, "orders_v2.2", migration="orders_v2", database="billing").active


def test_a_run_that_ended_or_waits_in_its_window_blocks_nobody(journal: Journal) -> None:
    for state in sorted(TERMINAL | {"window"}):
        begin(journal, f"first.{state}", database=state)
        journal.set_state(f"first.{state}", state)
        assert begin(journal, f"second.{state}", database=state).active


def test_a_run_in_any_other_state_blocks(journal: Journal) -> None:
    for state in sorted(ACTIVE):
        begin(journal, f"first.{state}", database=state)
        journal.set_state(f"first.{state}", state)
        with pytest.raises(RunRefused):
            begin(journal, f"second.{state}", database=state)


def test_of_many_that_begin_at_once_exactly_one_wins(journal: Journal) -> None:
    for number in range(10):
        start, won, lost = threading.Barrier(8), [], []

        def contend(n: int, number: int = number, start: Any = start, won: Any = won, lost: Any = lost) -> None:
            with Journal(journal.info) as mine:
                start.wait(30)
                try:
                    won.append(begin(mine, f"m{n}.{number}", migration=f"m{n}").run_id)
                except RunRefused as refused:
                    lost.append(refused.active_run_id)

        threads = [threading.Thread(target=contend, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        assert lost == won * 7
        journal.set_state(won[0], "aborted")


def test_the_same_run_begun_at_once_is_one_run(journal: Journal) -> None:
    start, got = threading.Barrier(6), []

    def contend() -> None:
        start.wait(30)
        got.append(begin(journal))

    threads = [threading.Thread(target=contend) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [got[0]] * 6


@pytest.mark.parametrize(
    "change", [{"migration": "other"}, {"database": "other"}, {"dag_run_id": "manual__2"}, {"dag_id": "blue_green"}]
)
def test_an_id_that_belongs_to_another_run_is_refused(journal: Journal, change: dict[str, str]) -> None:
    begin(journal)
    with pytest.raises(RunRefused, match="is taken"):
        begin(journal, **change)


def test_a_run_that_has_ended_cannot_begin_again(journal: Journal) -> None:
    begin(journal)
    journal.set_state("leads_v2.1", "failed")
    with pytest.raises(RunRefused, match="already ended as failed"):
        begin(journal)


def test_a_spec_that_json_would_change_is_refused(journal: Journal) -> None:
    with pytest.raises(NotJsonSafe, match=r"the spec of 'leads_v2': \$\.tables\[0\]\.at is a datetime"):
        begin(journal, spec={"tables": [{"at": datetime.now(UTC)}]})
    assert journal.runs() == []


def test_an_unknown_run_names_the_nearest_or_the_latest(journal: Journal) -> None:
    with pytest.raises(RunUnknown, match="none yet"):
        journal.get_run("nothing")
    begin(journal, "leads_v2.20261201T020000")
    with pytest.raises(RunUnknown, match=r"did you mean 'leads_v2\.20261201T020000'"):
        journal.get_run("leads_v2.20261201T020001")
    with pytest.raises(RunUnknown, match=r"the latest runs are: leads_v2\.20261201T020000\."):
        journal.get_run("zzz")
    for call in (
        lambda: journal.event("zzz", "note", "x"),
        lambda: journal.progress("zzz", "backfill", "public.leads", 1),
        lambda: journal.set_control("zzz", "olga", paused=True),
        lambda: journal.mark_swapped("zzz", timedelta(hours=1)),
        lambda: journal.set_state("zzz", "failed"),
        lambda: journal.step("zzz", "build").__enter__(),
    ):
        with pytest.raises(RunUnknown, match="zzz"):
            call()


def test_states_are_events_with_actor_and_reason(journal: Journal) -> None:
    begin(journal)
    journal.set_state("leads_v2.1", "building")
    journal.set_state("leads_v2.1", "rolling_back", "3 rows differ", "olga")
    run = journal.set_state("leads_v2.1", "rolled_back")
    assert run.reason == "3 rows differ"
    assert run.ended_at is not None
    events = journal.events("leads_v2.1", kind="state")
    assert [(e.text, e.actor) for e in events] == [
        ("building", None),
        ("rolling_back: 3 rows differ", "olga"),
        ("rolled_back", None),
    ]
    assert events[1].data == {"from": "building", "to": "rolling_back", "reason": "3 rows differ"}


def test_setting_a_state_twice_writes_one_event_and_keeps_the_end(journal: Journal) -> None:
    begin(journal)
    first = journal.set_state("leads_v2.1", "failed", "x")
    second = journal.set_state("leads_v2.1", "failed", "x")
    assert first.ended_at == second.ended_at
    assert len(journal.events("leads_v2.1")) == 1


@pytest.mark.parametrize("ended", sorted(TERMINAL))
def test_a_run_that_ended_may_only_be_taken_back_or_finalized(journal: Journal, ended: str) -> None:
    ways_on = {"failed": {"rolling_back", "finalizing"}, "aborted": {"rolling_back"}, "rolled_back": {"rolling_back"}}
    for number, state in enumerate(STATES):
        run_id = f"leads_v2.{number}"
        begin(journal, run_id, database=run_id)
        journal.set_state(run_id, ended)
        if state == ended or state in ways_on.get(ended, ()):
            run = journal.set_state(run_id, state)
            assert (run.state, run.ended_at is None) == (state, state not in TERMINAL)
        else:
            with pytest.raises(StateRefused, match=f"has ended as {ended}"):
                journal.set_state(run_id, state)
            assert journal.get_run(run_id).state == ended


def test_an_unknown_state_is_refused(journal: Journal) -> None:
    begin(journal)
    with pytest.raises(StateRefused, match="'done' is no state"):
        journal.set_state("leads_v2.1", "done")


def test_a_window_cannot_be_left_while_another_run_is_active(journal: Journal) -> None:
    begin(journal)
    journal.set_state("leads_v2.1", "window")
    begin(journal, "orders_v2.1", migration="orders_v2")
    with pytest.raises(RunRefused, match=r"cannot go from window to rolling_back: run 'orders_v2\.1'") as refused:
        journal.set_state("leads_v2.1", "rolling_back")
    assert refused.value.active_run_id == "orders_v2.1"
    journal.set_state("orders_v2.1", "failed")
    assert journal.set_state("leads_v2.1", "rolling_back").active


def test_the_window_counts_from_the_first_swap(journal: Journal) -> None:
    begin(journal)
    first = journal.mark_swapped("leads_v2.1", timedelta(hours=48))
    second = journal.mark_swapped("leads_v2.1", timedelta(hours=99))
    assert first.swapped_at is not None
    assert first == second
    assert second.window_ends_at == first.swapped_at + timedelta(hours=48)
    assert [e.kind for e in journal.events("leads_v2.1")] == ["swapped"]


def test_runs_are_listed_newest_first_and_filtered(journal: Journal) -> None:
    for number in range(5):
        begin(journal, f"m{number}.1", migration=f"m{number}", database=f"d{number}", strategy="online")
    begin(journal, "b.1", migration="b", strategy="blue_green", database="x")
    journal.set_state("m1.1", "window")
    journal.set_state("m2.1", "failed")
    assert [r.run_id for r in journal.runs(limit=2)] == ["b.1", "m4.1"]
    assert [r.run_id for r in journal.runs("online")] == [f"m{n}.1" for n in (4, 3, 2, 1, 0)]
    assert [r.run_id for r in journal.runs(states=["window", "failed"])] == ["m2.1", "m1.1"]
    assert journal.runs(states=[]) == []
    numbers = [r.number for r in journal.runs()]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 6


def test_run_ids_come_from_the_utc_clock() -> None:
    at = datetime.fromisoformat("2026-12-01T03:04:05+01:00")
    assert new_run_id("leads_v2", at) == "leads_v2.20261201T020405"
    assert new_run_id("leads_v2").startswith("leads_v2.2")


def test_the_schema_is_made_once_however_many_ask(database: ConnectionInfo) -> None:
    start, versions = threading.Barrier(6), []

    def migrate() -> None:
        with Journal(database) as mine:
            start.wait(30)
            versions.append(mine.migrate())

    threads = [threading.Thread(target=migrate) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(versions)) == 1
    assert len(versions) == 6
    with psycopg.connect(database.conninfo()) as db:
        assert [r[0] for r in db.execute("select version from cutover_journal.schema_version order by 1")] == list(
            range(1, versions[0] + 1)
        )


def test_a_journal_that_is_not_set_up_says_how(database: ConnectionInfo) -> None:
    with Journal(database) as journal, pytest.raises(JournalMissing, match="python -m cutover journal"):
        journal.runs()


def test_a_journal_of_a_newer_release_is_left_alone(journal: Journal) -> None:
    with psycopg.connect(journal.info.conninfo()) as db:
        db.execute("insert into cutover_journal.schema_version values (999)")
    with pytest.raises(JournalMissing, match="version 999"):
        journal.migrate()


def test_a_role_without_create_on_the_database_can_use_what_is_there(journal: Journal) -> None:
    with psycopg.connect(journal.info.conninfo(), autocommit=True) as db:
        db.execute("drop role if exists journal_writer")
        db.execute("create role journal_writer login password 'w1'")
        db.execute("grant usage on schema cutover_journal to journal_writer")
        db.execute("grant select, insert, update, delete on all tables in schema cutover_journal to journal_writer")
    info = journal.info
    try:
        with Journal(ConnectionInfo("j", info.host, info.port, "journal_writer", "w1", info.dbname)) as mine:
            mine.migrate()
            begin(mine)
            mine.set_control("leads_v2.1", "olga", paused=True)
            assert mine.control("leads_v2.1").paused
            with mine.step("leads_v2.1", "build"):
                pass
    finally:
        with psycopg.connect(info.conninfo(), autocommit=True) as db:
            db.execute("drop owned by journal_writer")
            db.execute("drop role journal_writer")


def test_a_wrong_password_is_refused_at_once_and_not_shown(journal: Journal) -> None:
    info = journal.info
    started = datetime.now(UTC)
    wrong = Journal(ConnectionInfo("j", info.host, info.port, info.user, "hunter2-wrong", info.dbname))
    with wrong, pytest.raises(CutoverError) as refused:
        wrong.runs()
    assert "hunter2" not in str(refused.value)
    assert "authentication failed" in str(refused.value)
    assert datetime.now(UTC) - started < timedelta(seconds=5)
