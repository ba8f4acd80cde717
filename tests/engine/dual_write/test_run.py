"""A run of the strategy, there and back: applications go on all the time, and nothing of what they wrote is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.flags import Mode
from cutover.journal.store import Journal
from cutover.postgres import dual_write
from cutover.postgres.dual_write.constraints import NotConnected
from cutover.postgres.dual_write.steps import reads
from support.dual_runs import NAME, Application, DualRun

pytestmark = pytest.mark.engine


@pytest.fixture
def run(tmp_path: Path, database: ConnectionInfo, journal: Journal) -> Iterator[DualRun]:
    made = DualRun(tmp_path, database, journal)
    yield made
    made.close()


def there(ctx: RunContext) -> None:
    """Everything up to new only."""
    dual_write.preflight(ctx)
    dual_write.build(ctx)
    dual_write.write_both(ctx)
    dual_write.backfill(ctx)
    assert all(check["ok"] for check in dual_write.verify(ctx))
    reads.move(ctx, 0)
    while (share := reads.next_share(ctx)) is not None:
        reads.move(ctx, share)
        reads.judge(ctx)
        if share == 100:
            break
    dual_write.new_only(ctx)
    checks = dual_write.watch(ctx)
    assert all(check["ok"] for check in checks), checks


def kept(run: DualRun, applications: list[Application], side: str) -> None:
    """Nothing failed, and every acknowledged write is on ``side``."""
    assert [one.failed for one in applications] == [[] for _ in applications]
    table = {"old": "admins", "new": "accounts"}[side]
    emails = dict(run.sql(f"SELECT id, email FROM {table}"))
    notes = {"old": "SELECT id FROM notices", "new": "SELECT ref::bigint FROM messages WHERE kind = 'notice'"}[side]
    noted = {row[0] for row in run.sql(notes)}
    for one in applications:
        assert {admin: emails.get(admin) for admin in one.written} == one.written
        assert one.notes <= noted


def test_there_and_back_and_there_again(run: DualRun) -> None:
    applications = [Application(run, 1000 * number) for number in (1, 2, 3)]
    for one in applications:
        one.start()
    try:
        there(run.ctx)
        assert run.flags.get(NAME).mode is Mode.NEW_ONLY
        for one in applications:
            one.sides.clear()
        back = dual_write.roll_back(run.ctx)
        assert back["was_swapped"] and back["row_diff"] == 0 and back["pause_ms"] > 0
        assert run.flags.get(NAME).mode is Mode.OLD_ONLY
        assert run.left() == []
        run.journal.set_state(run.ctx.run_id, "rolled_back")
        again = run.begin(f"{NAME}.2")
        there(again)
        told = run.journal.get_run(again.run_id)
        assert told.swapped_at and told.window_ends_at == told.swapped_at + run.spec.rollback.window
    finally:
        for one in applications:
            one.stop()
    kept(run, applications, "new")
    # The old side is derived before every COMMIT, so it has it all as well.
    kept(run, applications, "old")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction, match="the other side of migration reshape is live"):
        run.sql("UPDATE admins SET name = 'past the flag'")
    done = dual_write.finalize(again)
    assert done["archived"] == ["public.admins", "public.notices", "public.sessions", "public.settings"]
    kept(run, applications, "new")
    assert [row for row in run.left() if row[0] not in ("accounts", "messages")] == []
    assert run.flags.get(NAME).mode is Mode.NEW_ONLY


def test_rows_that_were_written_to_the_new_side_come_back(run: DualRun) -> None:
    before = run.old()
    there(run.ctx)
    run.sql("UPDATE accounts SET email = 'later' WHERE id = 7")
    run.sql("DELETE FROM messages WHERE account_id = 8; DELETE FROM accounts WHERE id = 8")
    run.sql("INSERT INTO accounts VALUES (900, 'new', NULL, '{\"a\": 1}', 0)")
    dual_write.roll_back(run.ctx)
    now = run.old()
    assert run.sql("SELECT email FROM admins WHERE id = 7") == [("later",)]
    assert run.sql("SELECT count(*) FROM admins WHERE id = 8") == [(0,)]
    assert run.sql("SELECT name, value FROM settings WHERE admin_id = 900") == [("a", 1)]
    assert len(now["admins"]) == len(before["admins"])
    untouched = [row for row in before["sessions"] if ",8," not in row[0]]
    assert set(untouched) <= set(now["sessions"])


@pytest.mark.parametrize("phase", ["nothing", "built", "both", "filled", "shadow", "reads"])
def test_back_from_every_phase(run: DualRun, phase: str) -> None:
    before = run.old()
    steps = [
        ("built", lambda: dual_write.build(run.ctx)),
        ("both", lambda: dual_write.write_both(run.ctx)),
        ("filled", lambda: dual_write.backfill(run.ctx)),
        ("shadow", lambda: reads.move(run.ctx, 0)),
        ("reads", lambda: reads.move(run.ctx, 10)),
    ]
    for name, work in steps:
        if phase == "nothing":
            break
        work()
        if name == phase:
            break
    done = dual_write.roll_back(run.ctx)
    assert not done["was_swapped"]
    assert run.left() == [] and run.old() == before
    assert run.flags.create(NAME).mode is Mode.OLD_ONLY
    assert dual_write.roll_back(run.ctx)["was_swapped"] is False  # twice does no harm


def test_the_new_tables_may_stay(run: DualRun) -> None:
    dual_write.build(run.ctx)
    dual_write.backfill(run.ctx)
    done = dual_write.roll_back(run.ctx, new_side="keep")
    assert done["new_side"] == "kept"
    assert run.sql("SELECT count(*) FROM accounts") == [(40,)]
    run.sql("UPDATE accounts SET name = 'free'")  # nothing fences or follows it any more
    assert sorted(row[0] for row in run.left()) == ["accounts", "messages"]


def test_foreign_keys_of_the_new_side_wait_for_the_backfill(run: DualRun) -> None:
    """A row may be derived before the one that it refers to; nobody's COMMIT fails because of that."""
    known = "SELECT conname, convalidated FROM pg_constraint WHERE conrelid = 'messages'::regclass AND contype = 'f'"
    dual_write.build(run.ctx)
    assert run.sql(known) == []
    run.sql("UPDATE notices SET body = 'early'")
    assert run.sql("SELECT count(*) > 0 FROM messages WHERE account_id NOT IN (SELECT id FROM accounts)") == [(True,)]
    assert dual_write.backfill(run.ctx)["foreign_keys"] == 1
    assert run.sql(known) == [("messages_account", True)]
    run.sql("DELETE FROM admins WHERE id < 5")  # cascades, and each new row goes before the one that it refers to
    run.sql("INSERT INTO admins VALUES (500, 'x', NULL); INSERT INTO notices VALUES (5000, 500, 'x')")
    assert all(check["ok"] for check in dual_write.verify(run.ctx))


def test_rows_that_refer_to_nothing_are_named(run: DualRun) -> None:
    run.sql("ALTER TABLE notices DROP CONSTRAINT notices_admin_id_fkey; INSERT INTO notices VALUES (666, 777, 'lost')")
    dual_write.build(run.ctx)
    with pytest.raises(
        NotConnected, match=r"messages_account does not hold: Key \(account_id\)=\(777\) is not present"
    ):
        dual_write.backfill(run.ctx)
    dual_write.roll_back(run.ctx)
    assert run.left() == []


def test_a_write_past_the_flag_is_refused(run: DualRun) -> None:
    dual_write.build(run.ctx)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction, match="takes no writes"):
        run.sql("INSERT INTO accounts VALUES (1, 'x', NULL, '{}', 0)")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        run.sql("SET cutover.deriving = 'off'; DELETE FROM messages")
    run.sql("INSERT INTO admins VALUES (77, 'seventy', NULL)")
    assert run.sql("SELECT email FROM accounts WHERE id = 77") == [("seventy",)]
