"""And back: nothing that was written on green is lost, nothing of the run is left, at whatever instant."""

from __future__ import annotations

import signal

import pytest

from cutover import points
from cutover.postgres import blue_green
from cutover.postgres.blue_green import state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.steps.roll_back import NotAsBefore, WouldLose
from support.pair_link import Clients, Link
from support.pair_world import until

from .test_kills import WAIT, child

pytestmark = pytest.mark.timeout(300)
ON_THE_WAY_BACK = [
    "bg.cutover.paused",
    "bg.cutover.fenced",
    "bg.cutover.deciding",
    "bg.cutover.decided",
    "bg.cutover.resumed",
    "bg.roll_back.crossed",
    "bg.remove.part",
]


def as_before(link: Link) -> None:
    assert link.leftovers("blue") == []
    assert link.leftovers("green") == []
    assert link.leads_to() == "blue"
    assert link.writable("blue")


def test_there_and_back_under_clients(link: Link) -> None:
    with Clients(link) as clients:
        blue_green.cut_over(link.ctx)
        clients.await_commits(50)
        done = blue_green.roll_back(link.ctx)
        clients.await_commits(50)
    assert clients.failed == []
    clients.check(link, "blue")
    assert (done["was_swapped"], done["row_diff"], done["differences"]) == (True, 0, [])
    assert done["exact"]["tables"] == 2
    as_before(link)
    highest = link.one("blue", "SELECT max(id) FROM entry")
    assert link.one("blue", "INSERT INTO entry (account, token) VALUES (1, 'next') RETURNING id") > highest
    assert blue_green.roll_back(link.ctx)["was_swapped"] is False, "a second time there is nothing to do"


def test_rows_that_blue_lacks_are_kept_on_green_until_somebody_has_mended_them(link: Link) -> None:
    blue_green.cut_over(link.ctx)
    lost = "SELECT id, account, token FROM entry WHERE token = 'kept'"
    link.sql("green", "INSERT INTO entry (account, token) VALUES (1, 'kept')")
    until(lambda: link.sql("blue", lost) != [], "it has arrived")
    link.sql("blue", "SET session_replication_role = replica; DELETE FROM entry WHERE token = 'kept'")
    for _ in range(2):  # Airflow tries again; nothing is removed then, either
        with pytest.raises(NotAsBefore, match=r"blue is live again, but 1 rows .* on green: public\.entry"):
            blue_green.roll_back(link.ctx)
        assert link.leads_to() == "blue" and link.writable("blue") and not link.writable("green")
    ((number, account, token),) = link.sql("green", lost)
    link.sql("blue", f"INSERT INTO entry (id, account, token) VALUES ({number}, {account}, '{token}')")
    assert blue_green.roll_back(link.ctx, accept_loss=True)["was_swapped"]
    assert link.sql("blue", lost) == [(number, account, token)]
    as_before(link)


def test_before_the_cutover_it_only_takes_away(link: Link) -> None:
    with Clients(link) as clients:
        done = blue_green.roll_back(link.ctx)
        clients.await_commits(20)
    assert clients.failed == []
    assert done["was_swapped"] is False
    as_before(link)


@pytest.mark.parametrize("begun", [False, True])
def test_a_run_whose_green_is_not_there_is_taken_back(link: Link, begun: bool) -> None:
    """It failed before green was made, or was killed between the removal of green and that of its traces on blue."""
    blue_green.roll_back(link.ctx)
    link.green.drop_database(link.dbname)
    if begun:
        ends = Ends.of(link.ctx)
        with ends.open("blue", "test") as db:
            state.prepare(db)
            state.add(db, link.ctx.run_id, ends.number, "blue", live=True, phase="building")
    assert blue_green.roll_back(link.ctx)["was_swapped"] is False
    assert link.leftovers("blue") == []


@pytest.mark.parametrize("point", ON_THE_WAY_BACK)
def test_killed_on_the_way_back(link: Link, point: str) -> None:
    with Clients(link) as clients:
        blue_green.cut_over(link.ctx)
        clients.await_commits(30)
        assert child(link, "roll_back", **{points.VARIABLE: point}).wait(WAIT) == -signal.SIGKILL
        clients.await_commits(30, seconds=15)
        assert child(link, "roll_back").wait(WAIT) == 0
        clients.await_commits(30)
    assert clients.failed == []
    clients.check(link, "blue")
    as_before(link)


@pytest.mark.parametrize(
    "point", ["bg.way_back.prepared", "bg.cutover.fenced", "bg.cutover.decided", "bg.way_back.open"]
)
def test_rolled_back_after_a_cutover_that_was_killed(link: Link, point: str) -> None:
    with Clients(link) as clients:
        assert child(link, "cut_over", **{points.VARIABLE: point}).wait(WAIT) == -signal.SIGKILL
        clients.await_commits(30, seconds=15)
        blue_green.roll_back(link.ctx)
        clients.await_commits(30)
    assert clients.failed == []
    clients.check(link, "blue")
    as_before(link)


def test_what_does_not_fit_blue_is_not_lost_in_silence(link: Link) -> None:
    blue_green.cut_over(link.ctx)
    link.sql("blue", "ALTER TABLE entry ADD CONSTRAINT short CHECK (length(token) < 20)")
    link.sql("green", "INSERT INTO entry (account, token) VALUES (1, repeat('x', 30))")
    with pytest.raises(WouldLose, match="does not arrive on blue"):
        blue_green.roll_back(link.ctx)
    assert link.leads_to() == "green"
    assert link.writable("green")
    link.sql("blue", "ALTER TABLE entry DROP CONSTRAINT short")
    assert blue_green.roll_back(link.ctx)["row_diff"] == 0
    assert link.one("blue", "SELECT count(*) FROM entry") == 1
    as_before(link)


def test_what_does_not_fit_can_be_left_behind_by_choice(link: Link) -> None:
    blue_green.cut_over(link.ctx)
    link.sql("blue", "ALTER TABLE entry ADD CONSTRAINT short CHECK (length(token) < 20)")
    link.sql("green", "INSERT INTO entry (account, token) VALUES (1, repeat('x', 30))")
    done = blue_green.roll_back(link.ctx, accept_loss=True)
    assert done["lossy"]
    assert link.one("blue", "SELECT count(*) FROM entry") == 0
    as_before(link)
