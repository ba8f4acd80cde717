"""How far behind a standby is, by a clock that a stuck standby cannot stop."""

from __future__ import annotations

from typing import Any

from cutover.triggers.standby_lag import LagClock, Standby, Steadiness


def row(current: int, replayed: int, reported: float | None = None, name: str = "reader") -> dict[str, Any]:
    lag = {"current_lsn": current, "replay_lsn": replayed, "reported_seconds": reported}
    return {"name": name, "address": None, **lag}


def test_a_standby_in_step_is_not_behind_whatever_the_server_remembers() -> None:
    assert LagClock().read([row(500, 500, reported=9.0)], now=0) == [Standby("reader", 0, 0.0)]


def test_a_stuck_standby_grows_older_though_the_server_says_nothing_new() -> None:
    clock = LagClock()
    ages = [clock.read([row(1000 + now, 500, reported=0.2)], now=now)[0].seconds for now in range(0, 40, 10)]
    assert ages == [0.2, 10, 20, 30]


def test_the_age_is_that_of_the_oldest_position_not_replayed() -> None:
    clock = LagClock()
    for now in range(10):
        clock.read([row(now * 100, now * 100)], now=now)
    assert clock.read([row(1000, 650)], now=10)[0].seconds == 3  # 700 was seen at 7


def test_the_server_is_believed_when_it_says_more() -> None:
    assert LagClock().read([row(1000, 900, reported=42.0)], now=0)[0].seconds == 42.0


def test_each_standby_has_its_own_lag() -> None:
    clock = LagClock()
    clock.read([row(100, 100, name="a"), row(100, 50, name="b")], now=0)
    a, b = clock.read([row(100, 100, name="a"), row(100, 50, name="b")], now=5)
    assert (a.seconds, b.seconds) == (0, 5) and b.lag_bytes == 50


def test_a_standby_that_was_stuck_before_anybody_looked_is_not_trusted() -> None:
    """Its first look cannot tell a lag of a moment from one of an hour, so it must be seen to move."""
    clock, steady = LagClock(), Steadiness(max_seconds=60, max_bytes=None, looks=1)
    assert not steady.reached(clock.read([row(1000, 10)], now=0))
    assert not steady.reached(clock.read([row(1100, 10)], now=1))
    assert not steady.reached(clock.read([row(1200, 999)], now=2))
    assert steady.reached(clock.read([row(1300, 1000)], now=3))


def test_one_bad_look_starts_the_count_again() -> None:
    steady = Steadiness(max_seconds=1, max_bytes=None, looks=3)
    good, bad = [Standby("a", 10, 0.1)], [Standby("a", 10, 0.1), Standby("b", 10, 1.1)]
    assert [steady.reached(look) for look in (good, good, bad, good, good, good)] == [False] * 5 + [True]


def test_bytes_are_a_limit_of_their_own() -> None:
    steady = Steadiness(max_seconds=1, max_bytes=100, looks=1)
    assert not steady.reached([Standby("a", 101, 0.0)])
    assert steady.reached([Standby("a", 100, 0.0)])
