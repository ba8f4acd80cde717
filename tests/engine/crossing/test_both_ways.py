"""Both sides take writes after the cutover, for those who ask for it: each follows the other, nothing goes round."""

from __future__ import annotations

import signal

import pytest

from cutover import points
from cutover.postgres import blue_green
from localstack.cluster import Cluster
from support.making import MakeLink
from support.pair_link import Clients, Link
from support.pair_world import until

from .test_kills import WAIT, child

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def link(make_link: MakeLink, pg16: Cluster, pg18: Cluster) -> Link:
    return make_link(pg16, pg18, replication={"both_ways": True})


def await_equal(link: Link) -> None:
    until(lambda: link.rows("blue") == link.rows("green"), "both sides are equal")


def test_each_follows_the_other_and_going_back_loses_neither_ones_writes(link: Link) -> None:
    with Clients(link) as clients:
        done = blue_green.cut_over(link.ctx)
        assert done["both_ways"]["canary_seconds"].keys() == {"blue", "green"}
        assert (link.writable("blue"), link.writable("green")) == (True, True)
        link.sql("blue", "INSERT INTO account (id, owner, balance) VALUES (1001, 'on blue', 0)")
        clients.await_commits(30)
    await_equal(link)
    assert clients.failed == []
    checks = {check["code"]: check for check in blue_green.watch(link.ctx)}
    assert checks["BOTH_WAYS"]["ok"], checks["BOTH_WAYS"]
    assert "both_ways" in blue_green.keep_in_step(link.ctx)
    assert blue_green.cut_over(link.ctx)["already"]
    link.sql("blue", "INSERT INTO account (id, owner, balance) VALUES (1002, 'at the last moment', 0)")
    assert blue_green.roll_back(link.ctx)["row_diff"] == 0
    assert link.one("blue", "SELECT count(*) FROM account WHERE id > 1000") == 2
    clients.check(link, "blue")
    assert link.leftovers("blue") == link.leftovers("green") == []


def test_a_conflict_is_counted_and_reported(link: Link) -> None:
    blue_green.cut_over(link.ctx)
    link.sql("green", "ALTER SUBSCRIPTION cutover_1_blue DISABLE")
    link.sql("blue", "DELETE FROM account WHERE id = 7")
    link.sql("green", "DELETE FROM account WHERE id = 7")
    link.sql("green", "ALTER SUBSCRIPTION cutover_1_blue ENABLE")
    found = until(
        lambda: [c for c in blue_green.watch(link.ctx) if c["code"] == "BOTH_WAYS" and "1 conflicts" in c["summary"]],
        "the conflict is reported",
    )
    assert (found[0]["ok"], found[0]["severity"]) == (False, "warning")


@pytest.mark.parametrize("point", ["bg.both_ways.following", "bg.both_ways.fenced"])
def test_killed_while_it_opens_or_closes(link: Link, point: str) -> None:
    if point.endswith("following"):
        assert child(link, "cut_over", **{points.VARIABLE: point}).wait(WAIT) == -signal.SIGKILL
        assert not link.writable("blue"), "not before the canary has arrived"
        assert child(link, "cut_over").wait(WAIT) == 0
        assert link.writable("blue")
    else:
        blue_green.cut_over(link.ctx)
        link.sql("blue", "INSERT INTO account (id, owner, balance) VALUES (1001, 'on blue', 0)")
        assert child(link, "roll_back", **{points.VARIABLE: point}).wait(WAIT) == -signal.SIGKILL
    assert blue_green.roll_back(link.ctx)["row_diff"] == 0
    assert link.one("blue", "SELECT count(*) FROM account WHERE id = 1001") == (0 if point.endswith("following") else 1)
    assert link.leftovers("blue") == link.leftovers("green") == []
