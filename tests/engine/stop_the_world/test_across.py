"""A window into another database: there with every row, back with every row, and there again."""

from __future__ import annotations

import pytest

from cutover.postgres import stop_the_world
from cutover.postgres.stop_the_world.errors import NoVault, WouldLose
from support.pair_link import Clients
from support.window_stage import Stage

pytestmark = pytest.mark.timeout(300)


def test_there_back_before_opening_and_there_again(across: Stage) -> None:
    before = across.fingerprint()
    with Clients(across) as clients:
        across.forward(until="verify")
        assert not across.writable("blue")
        assert not across.writable("green")
        assert across.leads_to() == "paused blue"
        done = across.back()
        clients.await_commits(30)
        assert done["downtime_s"] > 0
        assert not done["was_swapped"]
        assert across.left() == []
        assert across.leads_to() == "blue"
        across.again()
        opened = across.forward()
        clients.await_commits(30)
        assert opened["served"]
        assert opened["within_budget"]
        assert across.leads_to() == "green"
        assert [check for check in stop_the_world.watch(across.ctx) if not check["ok"]] == []
    assert clients.failed == []
    clients.check(across, "green")
    assert across.writable("green")
    assert not across.writable("blue")
    assert before["rows"]["account"], "there was something to move"
    assert stop_the_world.finalize(across.ctx)["blue"] == "kept"
    assert [left for left in across.left() if not left.startswith("blue:")] == []


def test_what_was_written_afterwards_is_named_and_kept(across: Stage) -> None:
    across.forward()
    across.sql("green", "INSERT INTO entry (account, token) VALUES (1, 'x'), (2, 'y')")
    with pytest.raises(WouldLose, match=r"2 rows written in .* minutes: 2 in public\.entry"):
        across.back()
    assert across.writable("green")
    with pytest.raises(NoVault):
        stop_the_world.roll_back(across.ctx, accept_loss=True)
    done = across.back(accept_loss=True)
    assert done["lost"]["tables"]["public.entry"] == 2
    assert done["was_swapped"]
    assert across.vault.store.names(str(done["kept"])), "it is in the store"
    assert across.writable("blue")
    assert across.leads_to() == "blue"
    assert across.left() == []


def test_nothing_written_is_nothing_lost(across: Stage) -> None:
    before = across.fingerprint()
    across.forward()
    done = across.back()
    assert (done["was_swapped"], done["lost"], done["kept"]) == (True, None, None)
    assert across.fingerprint() == before
    assert across.left() == []


def test_each_step_may_be_repeated(across: Stage) -> None:
    stop_the_world.prepare(across.ctx)
    for step in ("close", "migrate", "open_doors"):
        first = across.forward(until=step)
        assert {k: v for k, v in first.items() if k not in ("hooks", "seconds", "ended")}
        again = getattr(stop_the_world, step)(across.ctx)
        assert {k: v for k, v in again.items() if k not in ("hooks", "seconds", "ended")} == {
            k: v for k, v in first.items() if k not in ("hooks", "seconds", "ended")
        }
        if step == "open_doors":
            break
    across.back()
    across.back()
    assert across.left() == []


def test_preflight_and_forecast(across: Stage) -> None:
    findings = stop_the_world.preflight(across.ctx)
    assert "SW007" in {finding.code for finding in findings}, "the pooler gives up on clients after two minutes"
    found = stop_the_world.estimate(across.ctx)
    assert {"drain", "doors", "copy", "index", "verify"} <= set(found["parts"])
    assert found["downtime_s"]["low"] < found["downtime_s"]["high"] < found["budget_s"]
    said = stop_the_world.status(across.ctx)
    assert (said["doors"], said["traffic"]["leads_to"]) == ("open", "blue")
    across.forward(until="close")
    said = stop_the_world.status(across.ctx)
    assert (said["doors"], said["live"], said["traffic"]["paused"]) == ("closed", None, True)
    across.back()
