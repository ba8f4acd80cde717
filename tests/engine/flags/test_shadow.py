"""Shadow reads: both sides are asked, the application notices nothing, and each difference is counted once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from cutover.flags import FlagClient, FlagStore, Mode, ShadowCount
from cutover.flags.buffer import Batch
from cutover.flags.comparing import Difference
from cutover.flags.writing import ALONE, KEPT, record

from .conftest import NAME, SHORT, client, forward, refuses, until


class Side:
    """Answers in turn; the last answer stays. An exception is raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self) -> Any:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def flags(store: FlagStore) -> Iterator[FlagClient]:
    """A client in whose uses every read asks both sides."""
    forward(store, Mode.DUAL_WRITE_READ_OLD, shadow=100)
    with client(store) as made:
        yield made


def read(flags: FlagClient, old: Callable[[], Any], new: Callable[[], Any], key: object = 7) -> Any:
    with flags.use() as use:
        return use.read("order", key, old=old, new=new)


def counted(store: FlagStore, flags: FlagClient) -> list[ShadowCount]:
    """Close the client, which tells everything, and return the counts."""
    flags.close()
    return store.shadow(NAME)


def test_the_same_answers_are_asked_once(store: FlagStore, flags: FlagClient) -> None:
    old, new = Side({"total": 5}), Side({"total": 5})
    assert read(flags, old, new) == {"total": 5}
    assert (old.asked, new.asked) == (1, 1)
    until(lambda: store.shadow(NAME) == [ShadowCount("order", 1, 0)])
    assert store.mismatches(NAME) == []


def test_a_write_in_between_is_no_mismatch(store: FlagStore, flags: FlagClient) -> None:
    old, new = Side("before", "before", "after"), Side("after")
    assert read(flags, old, new) == "after", "the last one asked"
    assert (old.asked, new.asked) == (3, 3)
    assert counted(store, flags) == [ShadowCount("order", 1, 0)]


def test_a_difference_that_stays_is_kept_with_both_answers(store: FlagStore, flags: FlagClient) -> None:
    old, new = Side({"name": "Zoë", "ids": (1, 2)}), Side({"name": None})
    assert read(flags, old, new, key=("eu", 7)) == {"name": "Zoë", "ids": (1, 2)}
    assert (old.asked, new.asked) == (3, 3)
    read(flags, Side(1), Side(2), key="plain")
    assert counted(store, flags) == [ShadowCount("order", 2, 2)]
    first, second = store.mismatches(NAME)
    assert (first.what, first.key, first.old) == ("order", '["eu", 7]', '{"name": "Zoë", "ids": [1, 2]}')
    assert (first.new, first.instance, first.version) == ('{"name": null}', "one", store.get(NAME).version)
    assert first.at.tzinfo and (second.key, second.old, second.new) == ("plain", "1", "2")
    assert store.mismatches(NAME, after=first.id) == [second] and store.mismatches(NAME, limit=1) == [first]


def test_an_error_of_the_other_side_is_its_answer_and_nobody_elses(store: FlagStore, flags: FlagClient) -> None:
    assert read(flags, Side("fine"), Side(LookupError("no such order"))) == "fine"
    assert read(flags, Side("fine"), Side(LookupError("not yet"), "fine")) == "fine"
    assert counted(store, flags) == [ShadowCount("order", 2, 1)]
    (found,) = store.mismatches(NAME)
    assert (found.old, found.new) == ('"fine"', "LookupError: no such order")


def test_an_error_of_the_side_that_counts_is_the_callers(store: FlagStore, flags: FlagClient) -> None:
    new = Side("there")
    with pytest.raises(LookupError, match="gone"):
        read(flags, Side(LookupError("gone")), new)
    assert new.asked == 0
    assert read(flags, Side("first", LookupError("gone")), Side("other")) == "first", "it had an answer"
    assert counted(store, flags) == [ShadowCount("order", 1, 1)]


def test_the_flag_says_whose_answer_counts(store: FlagStore, flags: FlagClient) -> None:
    forward(store, Mode.DUAL_WRITE_READ_NEW)
    flag = store.set(store.get(NAME), Mode.DUAL_WRITE_READ_NEW, read_new=50, shadow=100)
    until(lambda: flags.flag.version == flag.version)
    answers = {key: read(flags, Side("old"), Side("new"), key=key) for key in range(20)}
    assert answers == {key: "new" if flag.reads_new(key) else "old" for key in range(20)}
    assert set(answers.values()) == {"old", "new"}
    assert counted(store, flags) == [ShadowCount("order", 20, 20)]
    assert {(one.old, one.new) for one in store.mismatches(NAME)} == {('"old"', '"new"')}


@pytest.mark.parametrize("mode", [Mode.OLD_ONLY, Mode.NEW_ONLY])
def test_where_one_side_is_written_only_that_is_asked(store: FlagStore, mode: Mode) -> None:
    forward(store, mode)
    store.set(store.get(NAME), mode, shadow=100)
    old, new = Side("old"), Side("new")
    with client(store) as flags:
        assert read(flags, old, new) == ("new" if mode is Mode.NEW_ONLY else "old")
        assert old.asked + new.asked == 1
    assert store.shadow(NAME) == []


def test_a_share_of_uses_is_compared(store: FlagStore) -> None:
    forward(store, Mode.DUAL_WRITE_READ_OLD, shadow=30)
    with client(store) as flags:
        for _ in range(1000):
            read(flags, Side(1), Side(1))
    (count,) = store.shadow(NAME)
    assert 200 < count.reads < 400


class Odd:
    """Cannot be compared, nor told."""

    def __eq__(self, other: object) -> bool:
        raise TypeError("no")

    def __str__(self) -> str:
        raise TypeError("no")

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("x\0y" + "z" * 5000, '"x\\u0000y' + "z" * 1991),
        ("\ud800", '"\\ud800"'),
        (Odd(), "<Odd>"),
        ({(1, 2): 3}, "<dict>"),
        (b"raw", "\"b'raw'\""),
    ],
)
def test_whatever_is_answered_can_be_kept(store: FlagStore, flags: FlagClient, answer: Any, told: str) -> None:
    assert read(flags, Side("good"), Side(answer), key="k\0" + "k" * 3000) == "good"
    with flags.use() as use:
        assert use.read("w\0" * 300, 1, old=lambda: 1, new=lambda: 1) == 1
    assert [count.mismatches for count in counted(store, flags)] == [1, 0]
    (found,) = store.mismatches(NAME)
    assert (found.new, len(found.key)) == (told, 2000)


def test_the_first_are_kept_and_the_rest_is_counted(store: FlagStore, flags: FlagClient) -> None:
    def many(each: FlagClient) -> None:
        for number in range(KEPT * 7 // 10):
            read(each, Side(1), Side(2), key=number)

    with client(store, "two") as other:
        threads = [threading.Thread(target=many, args=(each,)) for each in (flags, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert counted(store, flags) == [ShadowCount("order", KEPT * 14 // 10, KEPT * 14 // 10)]
    found = store.mismatches(NAME, limit=5000)
    assert len(found) == KEPT and {one.instance for one in found} == {"one", "two"}
    store.forget_mismatches(NAME)
    assert (store.shadow(NAME), store.mismatches(NAME)) == ([], [])
    with client(store) as again:
        read(again, Side(1), Side(2))
    assert [len(store.mismatches(NAME)), store.shadow(NAME)[0].mismatches] == [1, 1]


def test_two_who_write_mismatches_do_it_one_after_the_other(store: FlagStore, flags: FlagClient) -> None:
    """Else both would think that there is room for the last one."""
    batch = Batch(99, {"order": (1, 1)}, (Difference("order", "7", "1", "2", 1, datetime.now(UTC)),))
    with psycopg.connect(store.info.conninfo()) as first, psycopg.connect(store.info.conninfo()) as second:
        record(first, NAME, "one", Batch(98, {}, batch.differences), 5)
        first.execute(ALONE, (NAME,))
        with pytest.raises(psycopg.errors.QueryCanceled):
            record(second, NAME, "one", batch, 0.2)
    assert len(store.mismatches(NAME)) == 1


def test_a_store_that_is_away_loses_nothing_until_there_is_no_room(store: FlagStore) -> None:
    forward(store, Mode.DUAL_WRITE_READ_OLD, shadow=100)
    with client(store, lease=SHORT) as flags, flags.use() as use:
        with psycopg.connect(store.info.conninfo()) as db:
            db.execute("LOCK TABLE cutover_flags.instance, cutover_flags.shadow, cutover_flags.mismatch")
            until(lambda: refuses(use.check))
            for number in range(1100):
                assert use.read("order", number, old=lambda: 1, new=lambda: 2) == 1
        until(lambda: store.shadow(NAME) == [ShadowCount("order", 1100, 1100)])
        until(lambda: len(store.mismatches(NAME, limit=5000)) == 1000)
    assert store.shadow(NAME) == [ShadowCount("order", 1100, 1100)]
    assert [one.key for one in store.mismatches(NAME, limit=5000)] == [str(number) for number in range(1000)]


def test_what_cannot_be_written_costs_no_lease(store: FlagStore, flags: FlagClient) -> None:
    with psycopg.connect(store.info.conninfo()) as db:
        db.execute("LOCK TABLE cutover_flags.shadow")
        read(flags, Side(1), Side(1))
        seen = store.instances(NAME)[0].seen_at
        until(lambda: (store.instances(NAME)[0].seen_at - seen).total_seconds() > 4)
        assert not refuses(lambda: flags.flag)
    until(lambda: store.shadow(NAME) == [ShadowCount("order", 1, 0)])


def test_a_batch_that_is_sent_twice_counts_once(store: FlagStore, flags: FlagClient) -> None:
    """Its connection broke after COMMIT was sent, before the answer came."""
    from cutover.flags import following

    record, broken = following.record, list[bool]()

    def breaks(db: psycopg.Connection[Any], *rest: Any) -> None:
        record(db, *rest)
        if not broken:
            broken.append(True)
            db.close()
            raise psycopg.OperationalError("the server closed the connection unexpectedly")

    following.record = breaks
    try:
        read(flags, Side(1), Side(2))
        until(lambda: broken and flags._buffer.batch() is None)
    finally:
        following.record = record
    assert counted(store, flags) == [ShadowCount("order", 1, 1)]
    assert len(store.mismatches(NAME)) == 1


def test_closing_tells_what_is_left_even_when_the_connection_has_just_broken(store: FlagStore) -> None:
    forward(store, Mode.DUAL_WRITE_READ_OLD, shadow=100)
    flags = client(store)
    read(flags, Side(1), Side(2))
    with psycopg.connect(store.info.conninfo(), autocommit=True) as db:
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'cutover/flags/%'"
        )
    assert counted(store, flags) == [ShadowCount("order", 1, 1)]
    assert store.instances(NAME) == []


def test_instances_that_tell_at_once_do_not_keep_each_other_waiting(store: FlagStore) -> None:
    """Each counts the same kinds of reads, met in another order: the rows are taken in one order nevertheless."""
    kinds = [f"kind {number}" for number in range(30)]
    errors: list[psycopg.Error] = []
    start = threading.Barrier(2)

    def tell(instance: str, order: list[str]) -> None:
        with psycopg.connect(store.info.conninfo(), autocommit=True) as db:
            start.wait(20)
            try:
                for number in range(1, 101):
                    record(db, NAME, instance, Batch(number, dict.fromkeys(order, (1, 0)), ()), 1)
            except psycopg.Error as error:
                errors.append(error)

    with client(store, "one"), client(store, "two"):
        threads = [
            threading.Thread(target=tell, args=("one", kinds)),
            threading.Thread(target=tell, args=("two", kinds[::-1])),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert errors == []
    assert {(one.reads, one.mismatches) for one in store.shadow(NAME)} == {(200, 0)}
