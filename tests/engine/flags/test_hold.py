"""A held flag: nothing is begun but reading, until somebody goes on or the store says that the time is over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from cutover import sqlfiles
from cutover.flags import (
    Flag,
    FlagChanged,
    FlagClient,
    FlagStore,
    FlagStoreAway,
    HoldOver,
    Mode,
    ModeRefused,
    ReadsOnly,
    StillHeld,
    Use,
)
from cutover.flags.rows import ALONE

from .conftest import NAME, SHORT, client, forward, until

LONG, BRIEF = timedelta(seconds=60), timedelta(seconds=1.2)
# For so long it is watched that something does not happen.
A_WHILE = 0.3


class Work(threading.Thread):
    """A piece of work in a thread of its own: it begins when it may, and ends when it is told to."""

    def __init__(self, flags: FlagClient, **how: Any) -> None:
        super().__init__(daemon=True)
        self.flags, self.how = flags, how
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.flag: Flag | None = None
        self.began_at: datetime | None = None
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            with self.flags.use(**self.how) as use:
                self.flag, self.began_at = use.flag, clock(self.flags)
                self.begun.set()
                self.may_end.wait(30)
        except Exception as error:
            self.error = error

    def done(self) -> Flag:
        """Let it end; return under which version it was begun."""
        self.may_end.set()
        self.join(20)
        assert not self.is_alive() and self.error is None and self.flag, self.error
        return self.flag

    def failed(self) -> Exception:
        """Return why it could not begin."""
        self.join(20)
        assert not self.is_alive() and self.error
        return self.error


def clock(flags: FlagClient) -> datetime:
    with psycopg.connect(flags._follower._info.conninfo()) as db:
        row = db.execute("SELECT clock_timestamp()").fetchone()
    assert row
    return row[0]


def hold(store: FlagStore, time: timedelta = LONG) -> Flag:
    now = store.get(NAME)
    return store.set(now, now.mode, shadow=now.shadow, read_new=now.read_new, hold=time, by="olga")


def acknowledged(store: FlagStore, flag: Flag) -> None:
    until(lambda: not store.waiting_for(NAME, flag.version))


def test_it_is_acknowledged_when_what_was_under_way_has_ended(store: FlagStore) -> None:
    forward(store, Mode.DUAL_WRITE_READ_OLD)
    with client(store) as flags:
        under_way = Work(flags)
        assert under_way.begun.wait(10)
        held = hold(store)
        assert 59 < held.held_for <= 60 and held.held_until
        until(lambda: flags.flag.version == held.version)
        waiting = Work(flags)
        assert not waiting.begun.wait(A_WHILE)
        assert [one.instance for one in store.waiting_for(NAME, held.version)] == ["one"]
        assert under_way.done().version == held.version - 1
        acknowledged(store, held)
        assert not waiting.begun.is_set(), "acknowledged, and nobody writes"
        over = store.set(store.get(NAME), Mode.DUAL_WRITE_READ_OLD, by="olga")
        assert (over.version, over.held_for, over.held_until) == (held.version + 1, 0, None), "ended before its time"
        assert waiting.done().version == over.version


def test_one_that_nobody_ends_ends_by_itself_and_not_before_the_store_says_so(store: FlagStore) -> None:
    forward(store, Mode.DUAL_WRITE_READ_OLD)
    with client(store) as flags:
        held = hold(store, BRIEF)
        until(lambda: flags.flag.version == held.version)
        several = [Work(flags) for _ in range(5)]
        for work in several:
            flag = work.done()
            assert (flag.version, flag.mode) == (held.version, Mode.DUAL_WRITE_READ_OLD)
            assert work.began_at and held.held_until and work.began_at >= held.held_until
        with flags.use(timeout=0):
            pass
    with pytest.raises(HoldOver, match="is over"):
        store.set(held, Mode.DUAL_WRITE_READ_NEW, only_while_held=True)
    assert store.get(NAME).version == held.version
    assert store.set(held, Mode.DUAL_WRITE_READ_NEW).version == held.version + 1, "who does not ask for it may go on"


def test_whoever_waits_begins_under_what_comes_next(store: FlagStore) -> None:
    forward(store, Mode.DUAL_WRITE_READ_NEW)
    with client(store) as flags:
        held = hold(store)
        acknowledged(store, held)
        waiting = Work(flags)
        assert not waiting.begun.wait(A_WHILE)
        after = store.set(held, Mode.NEW_ONLY, only_while_held=True, by="olga")
        began = waiting.done()
        assert (began.version, began.mode) == (after.version, Mode.NEW_ONLY)


def test_a_change_of_the_last_instant_is_never_missed(store: FlagStore) -> None:
    """The store lets it through while the flag is held, and commits it when the time is over."""
    forward(store, Mode.DUAL_WRITE_READ_NEW)
    with client(store) as flags:
        held = hold(store, BRIEF)
        acknowledged(store, held)
        waiting = Work(flags)
        asked: dict[str, Any] = {
            "migration": NAME,
            "version": held.version,
            "mode": Mode.NEW_ONLY,
            "only_while_held": True,
            **dict.fromkeys(("read_new", "shadow"), 0),
            **dict.fromkeys(("hold", "by", "note")),
        }
        with psycopg.connect(store.info.conninfo()) as db:
            db.execute(ALONE, (NAME,))
            assert db.execute(sqlfiles.text("flags/put").encode(), asked).rowcount == 1
            until(lambda: held.held_until and clock(flags) > held.held_until)
            late = Work(flags)  # by the clocks of all machines it might begin
            assert not late.begun.wait(A_WHILE) and not waiting.begun.is_set()
        assert {waiting.done().mode, late.done().mode} == {Mode.NEW_ONLY}


def test_reading_goes_on_and_cannot_write(store: FlagStore) -> None:
    forward(store, Mode.DUAL_WRITE_READ_OLD)
    with client(store) as flags:
        held = hold(store)
        until(lambda: flags.flag.version == held.version)
        with flags.use(reads_only=True, timeout=0) as use:
            assert use.flag.held_for and not use.reads_new("a key")
            assert use.read("order", 1, old=lambda: "old", new=lambda: "new") == "old"
            for ask in (lambda: use.writes_old, lambda: use.writes_new):
                with pytest.raises(ReadsOnly):
                    ask()
            acknowledged(store, held)


def test_an_instance_that_comes_meanwhile_waits_too_and_is_known(store: FlagStore) -> None:
    forward(store, Mode.DUAL_WRITE_READ_OLD)
    held = hold(store)
    with client(store) as flags:
        waiting = Work(flags)
        assert not waiting.begun.wait(A_WHILE)
        (known,) = store.instances(NAME)
        assert known.acknowledged == held.version
        after = store.set(held, Mode.DUAL_WRITE_READ_OLD)
        assert waiting.done().version == after.version


def test_who_waits_is_told_when_the_client_is_closed(store: FlagStore) -> None:
    with client(store) as flags:
        hold(store)
        until(lambda: flags.flag.held_for)
        waiting = Work(flags)
        until(lambda: waiting.is_alive())
    assert isinstance(waiting.failed(), FlagStoreAway) and "is closed" in str(waiting.error)
    with pytest.raises(FlagStoreAway, match="is closed"), flags.use():
        pass  # pragma: no cover


def test_what_is_under_way_when_the_client_is_closed_must_not_commit(store: FlagStore) -> None:
    flags = client(store)
    with flags.use() as use:
        use.check()
        flags.close()
        with pytest.raises(FlagStoreAway, match="is closed"):
            use.check()


def test_who_waits_is_told_when_the_lease_is_lost(store: FlagStore) -> None:
    with client(store, lease=SHORT) as flags:
        held = hold(store)
        until(lambda: flags.flag.version == held.version)
        waiting = Work(flags)
        with psycopg.connect(store.info.conninfo()) as db:
            db.execute("SELECT FROM cutover_flags.instance FOR UPDATE")  # nobody can renew
            assert isinstance(waiting.failed(), FlagStoreAway)
            with pytest.raises(FlagStoreAway), flags.use(reads_only=True):
                pass  # pragma: no cover


def test_who_does_not_want_to_wait_for_so_long(store: FlagStore) -> None:
    with client(store) as flags:
        held = hold(store)
        until(lambda: flags.flag.version == held.version)
        with pytest.raises(StillHeld, match=r"0\.2 s have passed"), flags.use(timeout=0.2):
            pass  # pragma: no cover
        store.set(held, held.mode)
        with flags.use(timeout=20) as use:
            assert not use.flag.held_for


def test_to_hold_is_a_change(store: FlagStore) -> None:
    first = hold(store)
    longer = store.set(first, first.mode, hold=LONG * 2, only_while_held=True)
    assert (longer.version, first.version) == (3, 2) and longer.held_for > 100 and "held for" in str(longer)
    assert store.set(first, first.mode, hold=LONG * 2) == longer, "asked again, because the answer was lost"
    with pytest.raises(FlagChanged):
        store.set(first, first.mode, hold=LONG, by="petr")
    ended = store.set(longer, first.mode)
    with pytest.raises(FlagChanged):
        store.set(longer, first.mode, hold=LONG)
    assert store.set(ended, first.mode) == ended, "the same once more changes nothing"
    with psycopg.connect(store.info.conninfo()) as db:
        kept = db.execute("SELECT version, held_until FROM cutover_flags.history ORDER BY version").fetchall()
    assert kept == [(2, first.held_until), (3, longer.held_until), (4, None)]


@pytest.mark.parametrize("time", [timedelta(), timedelta(seconds=-1)])
def test_no_time_is_no_hold(store: FlagStore, time: timedelta) -> None:
    with pytest.raises(ModeRefused, match="the hold is"):
        store.set(store.get(NAME), Mode.OLD_ONLY, hold=time)


def test_nobody_writes_while_it_is_held_and_acknowledged(store: FlagStore) -> None:
    """Several instances that write without a pause; each hold that all have acknowledged is silence."""
    forward(store, Mode.DUAL_WRITE_READ_OLD)
    over, writes, threads = threading.Event(), list[int](), list[threading.Thread]()

    def write(use: Use) -> None:
        writes.append(use.flag.version)

    with client(store, "one") as one, client(store, "two") as two:
        threads += [threading.Thread(target=_until_over, args=(over, each, write)) for each in (one, two) * 2]
        for thread in threads:
            thread.start()
        for _ in range(4):
            before = len(writes)
            until(lambda seen=before: len(writes) > seen)  # type: ignore[misc]
            held = hold(store)
            acknowledged(store, held)
            silent = len(writes)
            assert not over.wait(0.1) and len(writes) == silent
            store.set(held, held.mode, only_while_held=True)
        over.set()
        for thread in threads:
            thread.join()
    assert writes


def _until_over(over: threading.Event, flags: FlagClient, work: Callable[[Use], None]) -> None:
    while not over.wait(0.001):
        with flags.use() as use:
            work(use)
