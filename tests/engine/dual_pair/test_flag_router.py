"""The flag as a router: every method may be called again, by whoever comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from threading import Event

import pytest

from cutover.connections import ConnectionInfo
from cutover.flags import FlagClient, FlagStore, Mode
from cutover.routing import Place, RouterFailed
from cutover.routing.flag import FlagRouter
from cutover.routing.router import NotPaused

pytestmark = pytest.mark.engine
NAME = "moves"
BLUE, GREEN = Place("a", 1, "shop"), Place("b", 2, "shop")
Make = Callable[..., FlagRouter]


@pytest.fixture
def store(database: ConnectionInfo) -> FlagStore:
    """A store with a flag of which all reads are new."""
    made = FlagStore(database)
    flag = made.set(made.create(NAME), Mode.DUAL_WRITE_READ_OLD)
    made.set(flag, Mode.DUAL_WRITE_READ_NEW, read_new=100, shadow=5)
    return made


@pytest.fixture
def make(store: FlagStore) -> Iterator[Make]:
    with ExitStack() as closers:

        def build(hold: float = 60.0) -> FlagRouter:
            return closers.enter_context(closing(FlagRouter(store.info, NAME, BLUE, GREEN, by="run.1", hold=hold)))

        yield build


def test_it_holds_and_lets_go_and_leaves_the_rest_as_it_was(make: Make, store: FlagStore) -> None:
    router, before = make(), store.get(NAME)
    router.refuse_unready()
    router.brace()
    with FlagClient(store.info, NAME, application="shop") as client:
        router.pause(5)
        router.pause(5)  # held already: anew, for as long again
        assert router.paused() and make().paused() and router.where() == BLUE
        assert (router.traffic().clients, router.traffic().active, router.traffic().waiting) == (1, 0, 1)
        with client.use(reads_only=True):
            make().resume()
        router.resume()
    now = store.get(NAME)
    assert (now.mode, now.read_new, now.shadow, now.held_for) == (before.mode, 100, 5, 0)
    assert now.changed_by == "run.1"


def test_to_lead_and_to_let_go_is_one_change(make: Make, store: FlagStore) -> None:
    router = make()
    router.pause(5)
    held = store.get(NAME)
    router.point(GREEN)
    assert store.get(NAME).version == held.version, "nothing is to be seen of it yet"
    router.resume()
    now = store.get(NAME)
    assert (now.version, now.mode, now.held_for) == (held.version + 1, Mode.NEW_ONLY, 0)
    again = make()
    again.point(GREEN)
    again.resume()
    assert store.get(NAME).version == now.version and again.where() == GREEN


def test_back_nothing_is_read_from_the_side_that_was_left(make: Make, store: FlagStore) -> None:
    for place in (GREEN, BLUE):
        router = make()
        router.pause(5)
        router.point(place)
        router.resume()
    now = store.get(NAME)
    assert (now.mode, now.read_new, now.held_for) == (Mode.DUAL_WRITE_READ_NEW, 0, 0)


def test_it_goes_through_every_mode_where_somebody_has_set_it_back(make: Make, store: FlagStore) -> None:
    flag = store.set(store.get(NAME), Mode.DUAL_WRITE_READ_OLD)
    store.set(flag, Mode.OLD_ONLY)
    router = make()
    with pytest.raises(RouterFailed, match=r"is old_only \(version 5\), so clients cannot be led"):
        router.refuse_unready()
    router.point(GREEN)
    router.resume()
    assert store.get(NAME).mode is Mode.NEW_ONLY


def test_work_under_way_is_named_and_the_hold_let_go(make: Make, store: FlagStore) -> None:
    stop = Event()
    stop.set()
    with FlagClient(store.info, NAME, application="batch", instance="b-7") as client, client.use():
        for seconds, told in ((0.2, None), (60.0, stop)):
            with pytest.raises(NotPaused, match=r"1 instances have work under way .*: b-7 \(batch\)") as caught:
                make().pause(seconds, told)
            assert caught.value.fix and caught.value.fix.endswith(f"flags excuse {NAME} b-7")
            assert store.get(NAME).held_for == 0


def test_a_hold_is_prolonged_when_its_end_is_near_and_not_where_clients_were_led_away(
    make: Make, store: FlagStore
) -> None:
    make(hold=20).pause(5)
    held = store.get(NAME)
    make(hold=20).keep_held(BLUE)
    assert store.get(NAME).version == held.version
    make(hold=60).keep_held(BLUE)
    assert store.get(NAME).held_for > 50
    router = make()
    router.point(GREEN)
    router.resume()
    make(hold=60).keep_held(BLUE)
    assert store.get(NAME).held_for == 0


def test_somewhere_else_it_does_not_lead(make: Make) -> None:
    with pytest.raises(RouterFailed, match="leads to a:1/shop or b:2/shop, not to c:3/shop"):
        make().point(Place("c", 3, "shop"))


def test_a_session_that_breaks_is_opened_anew(make: Make, store: FlagStore) -> None:
    router = make()
    router.brace()
    with pytest.raises(Exception, match="terminat"):
        router._store._do(lambda db: db.execute("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert router.where() == BLUE
