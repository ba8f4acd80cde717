"""A real run of every strategy in its window: all is well; then rows go missing, and the look says on which side."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cutover import strategies
from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.journal.check import Check
from cutover.journal.store import Journal
from cutover.observing import Look, verdicts
from cutover.observing.looking import look
from cutover.postgres import blue_green, dual_pair, dual_write, in_place, online
from cutover.postgres.dual_write.steps import reads
from cutover.postgres.online.names import CAPTURE_TRIGGERS
from localstack.cluster import Cluster
from localstack.pgbinaries import bin_folder
from support.connections import Connections
from support.dual_runs import DualRun
from support.in_place_runs import InPlaceRun
from support.making import flag_links, links, stages
from support.online_world import World, forward
from support.pair_link import Link
from support.pair_world import until

pytestmark = pytest.mark.engine
SUITES = {"suites": ["row_counts", "integrity"]}


def by_code(found: Look) -> dict[str, Check]:
    return {check.code: check for check in found.checks}


def well(ctx: RunContext, *earlier: Look) -> dict[str, Check]:
    """Look, and see that nothing is over its limit."""
    found = look(ctx, earlier)
    assert found.over == [], found.over
    return by_code(found)


def now_live(ctx: RunContext) -> None:
    ctx.journal.set_state(ctx.run_id, "window")


def test_online(tmp_path: Path, database: ConnectionInfo, journal: Journal) -> None:
    world = World(tmp_path, database, journal)
    ctx = world.orders_run(validate=SUITES)
    forward(ctx)
    online.swap(ctx)
    online.settle(ctx)
    now_live(ctx)
    rows = world.one("SELECT count(*) FROM orders")
    first = look(ctx)
    checks = by_code(first)
    assert first.over == [], first.over
    assert checks["OBSERVE_COUNT"].figures["rows"] == rows and checks["OBSERVE_SUITES"].summary.endswith(
        " expectations hold"
    )
    assert checks["OBSERVE_LAG"].figures["value"] == 0

    world.sql("UPDATE orders SET remark = 'later' WHERE id <= 10; DELETE FROM orders WHERE id = 11")
    second = look(ctx, [first], counting=False)
    assert by_code(second)["OBSERVE_LAG"].figures["value"] == 0, "nobody has waited since the last look"
    third = look(ctx, [first, second])
    lag, count = by_code(third)["OBSERVE_LAG"], by_code(third)["OBSERVE_COUNT"]
    assert 0 < lag.figures["value"] < 60 and " touched keys wait, some for " in lag.summary
    assert count.ok, "what is on its way is missing nowhere"
    online.keep_in_step(ctx)
    assert by_code(look(ctx, [third]))["OBSERVE_LAG"].figures["value"] == 0

    (old,) = [row[0] for row in world.sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'cutover_old_%'")]
    world.sql(f"SET session_replication_role = replica; DELETE FROM {old}.orders WHERE id IN (1, 2)")
    count = by_code(look(ctx))["OBSERVE_COUNT"]
    assert verdicts.state(count) == "over" and count.figures["harmful"]
    assert count.summary == "public.orders: 2 rows are not on the side that follows"
    world.sql("ALTER TABLE orders DISABLE TRIGGER ALL; DELETE FROM orders WHERE id IN (1, 2, 3)")
    world.sql("ALTER TABLE orders ENABLE TRIGGER ALL")
    count = by_code(look(ctx))["OBSERVE_COUNT"]
    assert (count.figures["lacking"], count.figures["surplus"]) == (0, 1) and not count.figures["harmful"]

    world.sql(f"DROP TRIGGER {CAPTURE_TRIGGERS[0]} ON orders")
    back = by_code(look(ctx, counting=False))["OBSERVE_WAY_BACK"]
    assert verdicts.state(back) == "over" and "capture triggers are missing or disabled" in back.summary


def rollbacks(info: ConnectionInfo) -> int:
    """Return how many transactions were rolled back in a database, as its server counts them.

    A session's counts are there when it has ended, and all of those that we look at have: their last act is waited for.
    """
    with psycopg.connect(info.conninfo(), autocommit=True) as db:
        ours = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'cutover/%'"
        until(lambda: db.execute(ours).rowcount == 0, "our sessions have ended")
        row = db.execute("SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()").fetchone()
        assert row is not None
        return int(row[0])


def test_what_looks_at_a_database_is_not_taken_for_its_errors(
    tmp_path: Path, database: ConnectionInfo, journal: Journal
) -> None:
    world = World(tmp_path, database, journal)
    ctx = world.orders_run(validate=SUITES)
    forward(ctx)
    before = rollbacks(database)
    online.verify(ctx)
    online.swap(ctx)
    online.settle(ctx)
    now_live(ctx)
    for _ in range(2):
        look(ctx)
        online.keep_in_step(ctx)
        strategies.of(ctx).status(ctx)
    assert rollbacks(database) == before


@pytest.fixture
def link(
    tmp_path: Path, pg16: Cluster, pg18: Cluster, journal: Journal, make_connection: Connections
) -> Iterator[Link]:
    """A pair that is one step before its cutover."""
    with links(tmp_path, journal, make_connection) as make:
        yield make(pg16, pg18)


def test_blue_green(link: Link) -> None:
    blue_green.cut_over(link.ctx)
    now_live(link.ctx)
    before = {side: rollbacks(link.info(side)) for side in ("blue", "green")}
    checks = well(link.ctx)
    assert {side: rollbacks(link.info(side)) for side in ("blue", "green")} == before
    assert checks["OBSERVE_LAG"].summary.startswith("green -> blue: ")
    assert [table.label for table in blue_green.observe.judged(link.ctx)] == ["public.account", "public.entry"]
    assert checks["OBSERVE_COUNT"].summary == "50 rows in 2 tables on both sides"
    link.sql("green", "INSERT INTO entry (account, token) SELECT 1, 't' || n FROM generate_series(1, 20) AS n")
    assert well(link.ctx)["OBSERVE_COUNT"].figures["rows"] == 70, "what is on its way is waited for"

    link.sql("blue", "SET session_replication_role = replica; DELETE FROM entry WHERE token IN ('t1', 't2')")
    count = by_code(look(link.ctx))["OBSERVE_COUNT"]
    assert not count.ok and count.summary == "public.entry: 2 rows are not on the side that follows"


def test_a_side_that_does_not_follow_any_more(link: Link) -> None:
    blue_green.cut_over(link.ctx)
    now_live(link.ctx)
    (name,) = [row[0] for row in link.sql("blue", "SELECT subname FROM pg_subscription WHERE subname LIKE 'cutover%'")]
    link.sql("blue", f'ALTER SUBSCRIPTION "{name}" DISABLE')
    found = look(link.ctx, counting=False)
    back = by_code(found)["OBSERVE_WAY_BACK"]
    assert verdicts.state(back) == "over" and "the subscription on blue is disabled" in back.summary
    assert back.figures["harmful"] and by_code(found)["OBSERVE_ERRORS"].ok
    link.sql("blue", f'ALTER SUBSCRIPTION "{name}" ENABLE')
    until(lambda: look(link.ctx, counting=False).over == [], "it follows again")


def test_dual_write_of_shapes(tmp_path: Path, database: ConnectionInfo, journal: Journal) -> None:
    with contextlib.closing(DualRun(tmp_path, database, journal)) as run:
        for step in (dual_write.build, dual_write.write_both, dual_write.backfill):
            step(run.ctx)
        reads.move(run.ctx, 100)
        dual_write.new_only(run.ctx)
        now_live(run.ctx)
        checks = well(run.ctx)
        assert checks["OBSERVE_LAG"].summary == "what is written is derived in the same transaction"
        assert "in 4 tables" in checks["OBSERVE_COUNT"].summary
        assert [table.label for table in dual_write.observe.judged(run.ctx)] == ["public.accounts", "public.messages"]
        run.sql("UPDATE accounts SET email = 'later' WHERE id = 7")
        assert well(run.ctx)["OBSERVE_COUNT"].ok
        run.sql("ALTER TABLE admins DISABLE TRIGGER USER; UPDATE admins SET email = 'wrong' WHERE id = 7")
        count = by_code(look(run.ctx))["OBSERVE_COUNT"]
        assert count.figures["changed"] == 1 and count.figures["harmful"]
        assert count.summary == "public.admins: 1 rows have other values on the side that follows"
        ours = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'accounts'::regclass AND tgname LIKE 'cutover%'"
        run.sql(f'DROP TRIGGER "{run.sql(ours)[0][0]}" ON accounts')
        assert by_code(look(run.ctx, counting=False))["OBSERVE_WAY_BACK"].summary.startswith("triggers are missing")


def test_dual_write_of_columns(tmp_path: Path, database: ConnectionInfo, journal: Journal) -> None:
    with contextlib.closing(InPlaceRun(tmp_path, database, journal)) as run:
        for step in (in_place.build, in_place.write_both, in_place.backfill):
            step(run.ctx)
        reads.move(run.ctx, 100)
        in_place.new_only(run.ctx)
        now_live(run.ctx)
        assert well(run.ctx)["OBSERVE_COUNT"].figures["rows"] == 2000
        run.sql("SET session_replication_role = replica; ALTER TABLE people DISABLE TRIGGER USER")
        run.sql("UPDATE people SET cents = cents + 100 WHERE id <= 3")
        checks = by_code(look(run.ctx))
        assert checks["OBSERVE_COUNT"].figures["changed"] == 3
        assert "missing or disabled" in checks["OBSERVE_WAY_BACK"].summary


def test_dual_write_between_databases(
    tmp_path: Path, pg16: Cluster, pg18: Cluster, journal: Journal, make_connection: Connections
) -> None:
    with flag_links(tmp_path, journal, make_connection) as make:
        flagged = make(pg16, pg18)
        dual_pair.new_only(flagged.ctx)
        now_live(flagged.ctx)
        checks = well(flagged.ctx)
        assert checks["OBSERVE_LAG"].summary.startswith("green -> blue: ")
        assert checks["OBSERVE_COUNT"].summary == "50 rows in 2 tables on both sides"
        flagged.sql("blue", "SET session_replication_role = replica; DELETE FROM account WHERE id IN (1, 2)")
        count = by_code(look(flagged.ctx))["OBSERVE_COUNT"]
        assert not count.ok and count.summary == "public.account: 2 rows are not on the side that follows"


@pytest.mark.parametrize("across", [False, True])
def test_a_maintenance_window_has_nothing_that_follows(
    tmp_path: Path,
    pg16: Cluster,
    pg18: Cluster,
    journal: Journal,
    make_connection: Connections,
    monkeypatch: pytest.MonkeyPatch,
    across: bool,
) -> None:
    monkeypatch.setenv("CUTOVER_PG_BIN", str(bin_folder(18)))
    with stages(tmp_path, journal, make_connection) as make:
        stage = make(pg16, pg18) if across else make(pg18, None)
        stage.forward()
        now_live(stage.ctx)
        checks = well(stage.ctx)
        assert "OBSERVE_COUNT" not in checks and "OBSERVE_LAG" not in checks
        back = checks["OBSERVE_WAY_BACK"]
        assert back.ok and back.figures["harmful"], "no fault, but nobody but a person goes back"
        assert back.summary.startswith("nothing follows")
