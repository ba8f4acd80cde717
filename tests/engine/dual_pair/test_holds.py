"""While the flag is held: who joins, who has work under way, what is away; and that a hold may run out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from cutover import points
from cutover.flags import FlagClient, FlagStoreAway, Mode
from cutover.postgres import dual_pair
from cutover.postgres.blue_green import crossing
from cutover.postgres.blue_green.crossing import NotCrossed
from support.flag_link import FlagClients, FlagLink

from .conftest import MakeLink

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
At = Callable[[str, Callable[[], None]], None]


@pytest.fixture
def at() -> Iterator[At]:
    """Have something done when the cutover comes to a point."""
    named: list[str] = []

    def register(point: str, handler: Callable[[], None]) -> None:
        named.append(point)
        points.on(point, handler)

    yield register
    for point in named:
        points.on(point, None)


def test_one_with_work_under_way_is_named_and_lets_nobody_wait(make_link: MakeLink) -> None:
    link = make_link(cutover={"approval": "auto", "max_pause": "1s", "lock_timeout": "100ms", "attempts": 2})
    with FlagClients(link) as clients, FlagClient(link.store, link.name, application="batch", instance="b-7") as batch:
        with batch.use(), pytest.raises(NotCrossed, match=r"1 instances have work under way .*: b-7 \(batch\)"):
            dual_pair.new_only(link.ctx)
        flag = link.flag()
        assert (flag.mode, flag.read_new, flag.held_for) == (Mode.DUAL_WRITE_READ_NEW, 100, 0)
        assert clients.slowest < 3
        with batch.use():
            link.flags.excuse(link.name, "b-7", by="ada")
        assert dual_pair.new_only(link.ctx)["attempts"] >= 1
        clients.await_commits(20)
    clients.check(link, "green")


def test_one_that_joins_during_the_hold_begins_when_it_is_over(link: FlagLink, at: At) -> None:
    joined: list[str] = []

    def join() -> None:
        with FlagClient(link.store, link.name, application="late") as late, late.use() as use:
            joined.append(use.side)

    thread = threading.Thread(target=join)
    at("bg.cutover.paused", thread.start)
    at("bg.cutover.before_decision", lambda: time.sleep(0.2))
    with FlagClients(link) as clients:
        dual_pair.new_only(link.ctx)
        thread.join(20)
    assert joined == ["new"]
    clients.check(link, "green")


def test_a_hold_that_runs_out_may_refuse_writes_and_loses_none(
    link: FlagLink, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crossing, "SETTLED_WITHIN", 0.5 - 8)  # after half a second
    at("bg.cutover.fenced", lambda: time.sleep(1))
    with FlagClients(link) as clients:
        dual_pair.new_only(link.ctx)
        clients.await_commits(20)
        refused, clients.failed[:] = list(clients.failed), []
    assert refused and {one.split(":")[0] for one in refused} == {"ReadOnlySqlTransaction"}
    clients.check(link, "green")


def test_who_comes_to_settle_it_holds_again(link: FlagLink, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one who would decide dies after the hold has nearly run out; whoever takes back needs time of his own."""
    monkeypatch.setattr(crossing, "SETTLED_WITHIN", 1.5 - 8)
    at("bg.cutover.fenced", lambda: time.sleep(1))
    at("bg.cutover.before_decision", _fail)
    at("bg.recovery.reopened", lambda: time.sleep(1))
    with FlagClients(link) as clients:
        with pytest.raises(RuntimeError):
            dual_pair.new_only(link.ctx)
        clients.await_commits(20)
    clients.check(link, "blue")


def _fail() -> None:
    raise RuntimeError("here")


def test_a_store_that_is_away_beforehand_touches_nothing(link: FlagLink) -> None:
    resolve = link.ctx.resolve
    link.ctx.resolve = lambda conn_id: (
        replace(resolve(conn_id), port=1) if conn_id == "link_flags" else resolve(conn_id)
    )
    with FlagClients(link) as clients:
        with pytest.raises(FlagStoreAway):
            dual_pair.new_only(link.ctx)
        clients.await_commits(20)
    clients.check(link, "blue")


def test_a_store_that_goes_away_while_the_flag_is_held(link: FlagLink, at: At) -> None:
    """Blue is open again before the store answers, so the attempt is over: applications are let go all the same."""

    def away() -> None:
        _reachable(link, False)
        threading.Timer(1.5, lambda: _reachable(link, True)).start()
        _fail()

    at("bg.cutover.paused", away)
    with FlagClients(link, lease=timedelta(seconds=60)) as clients:
        with pytest.raises(RuntimeError):
            dual_pair.new_only(link.ctx)
        clients.await_commits(20, seconds=10)
        assert link.leads_to() == "blue"
    clients.check(link, "blue")


def test_a_store_that_is_away_after_the_decision_is_waited_for(link: FlagLink, at: At) -> None:
    at("bg.cutover.decided", lambda: _reachable(link, False))
    with FlagClients(link, lease=timedelta(seconds=60)) as clients:
        with pytest.raises(FlagStoreAway):
            dual_pair.new_only(link.ctx)
        assert (link.writable("blue"), link.writable("green")) == (False, True)
        _reachable(link, True)
        clients.await_commits(20, seconds=20)
        assert link.leads_to() == "green", "the watchdog has gone on with it"
        assert dual_pair.new_only(link.ctx)["already"]
    clients.check(link, "green")


def _reachable(link: FlagLink, there: bool) -> None:
    with psycopg.connect(link.green.info().conninfo(), autocommit=True) as db:
        db.execute(f"ALTER DATABASE {link.store.dbname} ALLOW_CONNECTIONS {there}".encode())
        if not there:
            db.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", (link.store.dbname,)
            )


def test_two_attempts_at_once(link: FlagLink) -> None:
    done: list[dict[str, object]] = []
    twice = [threading.Thread(target=lambda: done.append(dual_pair.new_only(link.ctx))) for _ in range(2)]
    with FlagClients(link) as clients:
        for one in twice:
            one.start()
        for one in twice:
            one.join(60)
    assert sorted(bool(one.get("already")) for one in done) == [False, True]
    clients.check(link, "green")


def test_a_flag_that_was_moved_by_hand_is_brought_to_where_live_is(link: FlagLink) -> None:
    dual_pair.new_only(link.ctx)
    link.move(Mode.DUAL_WRITE_READ_NEW, read_new=100)
    assert link.leads_to() == "blue" and not link.writable("blue")
    wrong = [check["code"] for check in dual_pair.watch(link.ctx) if not check["ok"]]
    assert wrong == ["TRAFFIC"]
    dual_pair.keep_in_step(link.ctx)
    assert link.leads_to() == "green"
    link.move(Mode.NEW_ONLY, hold=timedelta(seconds=300))
    dual_pair.keep_in_step(link.ctx)
    assert link.leads_to() == "green", "nobody is held"
