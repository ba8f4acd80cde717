"""The store of flags and its reference client: one decision, seen at once, and nobody left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import psycopg
import pytest

from cutover import points
from cutover.connections import ConnectionInfo
from cutover.flags import (
    MODES,
    FlagChanged,
    FlagClient,
    FlagStore,
    FlagStoreAway,
    FlagUnknown,
    Mode,
    ModeRefused,
    ModeUnknown,
)
from cutover.flags.flag import BUCKETS, bucket
from cutover.flags.flagd import definitions
from localstack.places import ROOT
from support.connections import Connections

from .conftest import NAME, SHORT, client, forward, refuses, until


def test_there_and_back_through_all_modes(store: FlagStore) -> None:
    for before, after in [*pairwise(MODES), *pairwise(MODES[::-1])]:
        flag = store.set(store.get(NAME), after, by="olga", note=f"after {before}")
        assert (flag.mode, flag.changed_by, flag.note) == (after, "olga", f"after {before}")
    assert store.get(NAME).version == 7
    again = store.set(store.get(NAME), Mode.OLD_ONLY, by="somebody else")
    assert (again.version, again.changed_by) == (7, "olga"), "nothing has changed"


@pytest.mark.parametrize(
    ("mode", "more", "error", "says"),
    [
        ("new_only", {}, ModeRefused, "go through dual_write_read_old, dual_write_read_new"),
        ("dual_write_read_new", {"read_new": 1}, ModeRefused, "go through dual_write_read_old"),
        ("dual_write_read_old", {"read_new": 1}, ModeRefused, "no share of reads"),
        ("dual_write_read_old", {"shadow": 101}, ModeRefused, "from 0 to 100"),
        ("dual_write", {}, ModeUnknown, "old_only, dual_write_read_old"),
    ],
)
def test_what_would_lose_writes_is_refused(
    store: FlagStore, mode: str, more: dict[str, float], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        store.set(store.get(NAME), mode, **more)
    assert store.get(NAME).version == 1


def test_two_who_change_it_at_once_do_not_overwrite_each_other(store: FlagStore) -> None:
    seen = store.get(NAME)
    store.set(seen, Mode.DUAL_WRITE_READ_OLD, by="olga")
    with pytest.raises(FlagChanged, match="by olga"):
        store.set(seen, Mode.DUAL_WRITE_READ_OLD, shadow=5, by="petr")
    assert store.get(NAME).shadow == 0


def test_a_store_that_is_away_and_a_flag_that_is_not_there(store: FlagStore) -> None:
    nowhere = FlagStore(ConnectionInfo("flags", host="127.0.0.1", port=1, user="x", dbname="x"))
    with pytest.raises(FlagStoreAway, match="does not answer"):
        nowhere.get(NAME)
    with pytest.raises(FlagStoreAway):
        FlagClient(nowhere.info, NAME, application="shop", lease=SHORT)
    with pytest.raises(FlagUnknown, match="other"):
        FlagClient(store.info, "other", application="shop")
    with pytest.raises(FlagUnknown, match="other"):
        store.get("other")


def test_reads_go_over_in_steps_and_never_back_and_forth(store: FlagStore) -> None:
    keys = [f"key {n}" for n in range(20_000)]
    forward(store, Mode.DUAL_WRITE_READ_NEW)
    before: set[str] = set()
    for percent in (1, 10, 50, 100):
        flag = store.set(store.get(NAME), Mode.DUAL_WRITE_READ_NEW, read_new=percent)
        now = {key for key in keys if flag.reads_new(key)}
        assert before <= now, "who reads the new side stays there"
        assert abs(len(now) / len(keys) - percent / 100) < 0.01
        before = now
    assert not store.set(store.get(NAME), Mode.DUAL_WRITE_READ_OLD).reads_new("key 1")
    spread = Counter(bucket(NAME, key) * 10 // BUCKETS for key in keys)
    assert min(spread.values()) > 0.9 * len(keys) / 10


def test_a_change_is_seen_at_once_and_acknowledged_when_nothing_old_is_under_way(store: FlagStore) -> None:
    with client(store) as one:
        with one.use() as use:
            version = forward(store, Mode.DUAL_WRITE_READ_OLD)
            until(lambda: one.flag.version == version)
            assert not use.writes_new, "what was begun goes on as it was begun"
            with one.use() as later:
                assert later.writes_new
            assert [each.instance for each in store.waiting_for(NAME, version)] == ["one"]
        until(lambda: not store.waiting_for(NAME, version))
    assert store.instances(NAME) == [], "it has said good-bye"


def test_an_instance_that_cannot_renew_its_lease_does_nothing_before_others_go_on(store: FlagStore) -> None:
    one = client(store, lease=SHORT)
    try:
        with one.use() as use:
            use.check()
            with psycopg.connect(store.info.conninfo(), autocommit=True) as db:
                held = hold(db, store)
                version = 2
                until(lambda: refuses(use.check))
                assert [each.instance for each in store.waiting_for(NAME, version)] == ["one"], "nobody goes on yet"
                until(lambda: not store.waiting_for(NAME, version))
                held()
            with pytest.raises(FlagStoreAway), one.use():
                pass  # pragma: no cover
    finally:
        one.close()


def hold(db: psycopg.Connection[tuple[object, ...]], store: FlagStore) -> Callable[[], None]:
    """Keep every instance from renewing: somebody has its rows locked. Returns what ends that."""
    db.autocommit = False
    db.execute("SELECT FROM cutover_flags.instance FOR UPDATE")
    return db.rollback


def test_it_goes_on_by_itself_when_the_store_is_back(store: FlagStore) -> None:
    with client(store, lease=SHORT) as one:
        with psycopg.connect(store.info.conninfo(), autocommit=True) as db:
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'cutover/flags/%'"
            )
        version = forward(store, Mode.DUAL_WRITE_READ_OLD)
        until(lambda: not refuses(lambda: one.flag) and one.flag.version == version)
        with one.use() as use:
            assert use.writes_new


def test_nobody_works_under_a_version_that_somebody_has_gone_on_from(store: FlagStore) -> None:
    over, wrong, passed = threading.Event(), list[str](), [1]

    def come_and_go(number: int) -> None:
        while not over.is_set():
            with client(store, f"{number}") as one:
                for _ in range(3):
                    with one.use() as use:
                        time.sleep(0.02)  # the work
                        if use.flag.version < passed[0]:
                            wrong.append(f"{use.flag} after {passed[0]} had begun")

    threads = [threading.Thread(target=come_and_go, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for number in range(8):
        mode = Mode.OLD_ONLY if number % 2 else Mode.DUAL_WRITE_READ_OLD
        version = store.set(store.get(NAME), mode).version
        until(lambda wanted=version: not store.waiting_for(NAME, wanted))  # type: ignore[misc]
        passed[0] = version
    over.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_change_waits_for_whoever_is_just_coming(store: FlagStore) -> None:
    """It has read the flag and is not known yet: a change that came now would not wait for it."""
    changed, early = list[int](), list[bool]()

    def change() -> None:
        changed.append(store.set(store.get(NAME), Mode.DUAL_WRITE_READ_OLD).version)

    changing = threading.Thread(target=change)

    def between() -> None:
        points.on("flags.read", None)
        changing.start()
        changing.join(0.5)
        early.append(bool(changed))

    points.on("flags.read", between)
    with client(store) as one:
        changing.join()
        assert early == [False]
        until(lambda: one.flag.version == changed[0])


def test_one_that_died_is_waited_for_until_somebody_answers_for_it(
    store: FlagStore, make_connection: Connections
) -> None:
    make_connection("flags", store.info)
    code = (
        "import sys, time; from cutover.connections import from_environment; from cutover.flags import FlagClient;"
        "one = FlagClient(from_environment('flags'), 'crm_split', application='shop', instance='mortal');"
        "print('here', flush=True); time.sleep(600)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "plugins")}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"here\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    version = forward(store, Mode.DUAL_WRITE_READ_OLD)
    assert [one.instance for one in store.waiting_for(NAME, version)] == ["mortal"]
    store.excuse(NAME, "mortal", by="olga")
    assert store.waiting_for(NAME, version) == []
    (mortal,) = store.instances(NAME)
    assert (mortal.excused, mortal.excused_by) == (version, "olga")
    later = store.set(store.get(NAME), Mode.DUAL_WRITE_READ_NEW).version
    assert [one.instance for one in store.waiting_for(NAME, later)] == ["mortal"], "for one version only"
    with pytest.raises(FlagUnknown, match="there are: mortal"):
        store.excuse(NAME, "somebody", by="olga")


def test_nothing_is_left_of_the_last_flag(store: FlagStore, database: ConnectionInfo) -> None:
    store.create("other")
    store.remove(NAME)
    assert store.get("other").mode is Mode.OLD_ONLY
    store.remove("other")
    store.remove("other")
    with psycopg.connect(database.conninfo()) as db:
        assert db.execute("SELECT FROM pg_namespace WHERE nspname LIKE 'cutover%'").rowcount == 0


def test_flagd_understands_them(store: FlagStore) -> None:
    forward(store, Mode.DUAL_WRITE_READ_NEW, read_new=12.5, shadow=100)
    found = definitions([store.get(NAME)])["flags"]
    assert found["crm_split.mode"]["defaultVariant"] == "dual_write_read_new"
    assert found["crm_split.read-new"]["targeting"] == {"fractional": [["on", 1250], ["off", 8750]]}
    assert found["crm_split.shadow"] == {
        "state": "ENABLED",
        "variants": {"on": True, "off": False},
        "defaultVariant": "on",
        "metadata": found["crm_split.mode"]["metadata"],
    }
    store.set(store.get(NAME), Mode.NEW_ONLY)
    assert definitions([store.get(NAME)])["flags"]["crm_split.read-new"]["defaultVariant"] == "on"
