"""Parts of the flags that need no store."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from cutover.flags import Flag, FlagStoreAway, Mode, StillHeld
from cutover.flags.buffer import AT_ONCE, ROOM, Buffer
from cutover.flags.comparing import Difference
from cutover.flags.standing import LATE, Standing
from localstack.places import ROOT


def flag(version: int = 1, held_for: float = 0.0) -> Flag:
    return Flag("crm", Mode.DUAL_WRITE_READ_OLD, 0, 0, version, datetime.now(UTC), held_for=held_for)


def standing(lease: float = 60) -> Standing:
    made = Standing("crm", "the store", timedelta(seconds=lease))
    made.renewed(time.monotonic())
    return made


def difference(number: int) -> Difference:
    return Difference("order", str(number), "1", "2", 1, datetime.now(UTC))


def test_an_application_needs_no_airflow() -> None:
    code = (
        "import sys; from cutover.flags import Flag, FlagClient, Mode, Use; from datetime import datetime;"
        "use = Use(Flag('crm', Mode.OLD_ONLY, 0, 0, 1, datetime.now()), False, lambda: None);"
        "assert use.writes_old and use.read('a', 1, old=lambda: 2, new=lambda: 3) == 2;"
        "found = {name.split('.')[0] for name in sys.modules};"
        "assert not found & {'airflow', 'pydantic', 'fastapi', 'sqlalchemy', 'yaml'}, found"
    )
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT / "plugins")}, check=True, timeout=60)


def test_a_hold_is_over_when_the_store_says_so_and_not_before() -> None:
    """The time that was left has passed here long ago, and nobody has looked since."""
    held = standing()
    assert held.learn(flag(held_for=0.01)) == 1
    assert held.look_again < time.monotonic() + 0.02
    with pytest.raises(StillHeld):
        held.begin(reads_only=False, timeout=0.1)
    held.learn(flag())
    assert held.begin(reads_only=False, timeout=0).version == 1


def test_reading_is_under_way_as_well() -> None:
    now = standing()
    now.learn(flag(1))
    reading = now.begin(reads_only=True, timeout=None)
    assert now.learn(flag(2, held_for=5)) == 1 and now.pending and not now.settles()
    now.end(reading)
    assert now.settles() and now.learn(flag(2, held_for=4)) == 2 and not now.pending


def test_who_waits_does_not_outlast_the_lease() -> None:
    waiting = standing(lease=0.5)
    waiting.learn(flag(held_for=60))
    began = time.monotonic()
    with pytest.raises(FlagStoreAway, match="could not be read"):
        waiting.begin(reads_only=False, timeout=None)
    assert 0.5 * LATE - 0.05 < time.monotonic() - began < 5


def test_leaving_wakes_everybody() -> None:
    left, refused = standing(), list[str]()
    left.learn(flag(held_for=60))

    def wait() -> None:
        try:
            left.begin(reads_only=False, timeout=None)
        except FlagStoreAway as error:
            refused.append(error.what)

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    left.leave()
    for thread in threads:
        thread.join(10)
    assert len(refused) == 3 and all("is closed" in what for what in refused)


def test_a_batch_is_the_same_until_it_is_written() -> None:
    buffer = Buffer()
    assert buffer.batch() is None
    for number in range(ROOM + 50):
        buffer.add("order", difference(number) if number % 2 == 0 else None)
    first = buffer.batch()
    assert first and (first.number, first.counts) == (1, {"order": (ROOM + 50, ROOM // 2 + 25)})
    buffer.add("order", difference(-1))
    assert buffer.batch() is first
    buffer.written(first)
    second = buffer.batch()
    assert second and (second.number, second.counts) == (2, {"order": (1, 1)})
    assert [one.key for one in second.differences[:2]] == [str(2 * AT_ONCE), str(2 * AT_ONCE + 2)]


def test_what_is_sent_and_not_confirmed_takes_room_too() -> None:
    buffer = Buffer()
    for number in range(ROOM):
        buffer.add("order", difference(number))
    kept = 0
    buffer.batch()
    for number in range(ROOM):
        buffer.add("order", difference(number))
    while batch := buffer.batch():
        kept += len(batch.differences)
        buffer.written(batch)
    assert kept == ROOM
