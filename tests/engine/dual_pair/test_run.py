"""A run between two databases, there and back: applications go on all the time, and nothing of theirs is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from cutover import strategies
from cutover.flags import Mode
from cutover.postgres import dual_pair
from support.connections import Connections
from support.flag_link import FlagClients, FlagLink

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


def as_before(link: FlagLink) -> None:
    assert link.leftovers("blue") == [] and link.leftovers("green") == []
    assert link.flag().mode is Mode.OLD_ONLY and link.leads_to() == "blue"
    assert link.writable("blue")


def test_there_and_back_and_there_again(unlinked: FlagLink, tmp_path: Path, make_connection: Connections) -> None:
    link = unlinked
    with FlagClients(link) as clients:
        done = link.there(link.ctx)
        assert done["exact"]["row_diff"] == 0 and done["pause_ms"] > 0
        clients.await_commits(30)
        assert clients.sides == {"old", "new"} and clients.reads == {"old", "new"}
        checks = {check["code"]: check for check in dual_pair.watch(link.ctx)}
        assert all(check["ok"] for check in checks.values()), checks
        assert "the flag leads 2 instances to green" in checks["TRAFFIC"]["summary"]
        assert (link.writable("blue"), link.writable("green")) == (False, True)
        assert dual_pair.new_only(link.ctx)["already"]
        back = dual_pair.roll_back(link.ctx)
        assert (back["was_swapped"], back["row_diff"], back["new_side"]) == (True, 0, "removed")
        clients.await_commits(30)
        as_before(link)
        link.journal.set_state(link.ctx.run_id, "rolled_back")
        again = link.begin(tmp_path / link.dbname, make_connection, {}, number=2)
        link.there(again)
        clients.await_commits(30)
    clients.check(link, "green")
    assert link.rows("blue") == link.rows("green")
    done = strategies.finalize(again)
    assert done["blue"] == "kept" and link.leftovers("green") == []
    assert strategies.fate(again) == "The old database is still there, and refuses writes."
    assert link.flag().mode is Mode.NEW_ONLY
