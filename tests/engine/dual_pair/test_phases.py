"""Back from every phase, and what is refused: beforehand, and on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cutover.flags import Mode
from cutover.postgres import dual_pair
from cutover.postgres.dual_pair.errors import NothingToMend, PreflightFailed, TooFarBehind
from cutover.postgres.dual_pair.steps import reads
from cutover.postgres.dual_write.steps.finalize import NotReady as NotFinal
from cutover.postgres.dual_write.steps.turn import NotReady
from support.flag_link import FlagClients, FlagLink

from .conftest import MakeLink

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
STEPS: dict[str, Callable[..., Any]] = {
    "nothing": lambda ctx: None,
    "built": dual_pair.build,
    "both": dual_pair.write_both,
    "filled": dual_pair.backfill,
    "reads": lambda ctx: dual_pair.move_reads(ctx, 50),
}


def as_before(link: FlagLink) -> None:
    assert link.leftovers("blue") == [] and link.leftovers("green") == []
    assert link.flag().mode is Mode.OLD_ONLY and link.leads_to() == "blue"
    assert link.writable("blue")


@pytest.mark.parametrize("phase", STEPS)
def test_back_from_every_phase(unlinked: FlagLink, phase: str) -> None:
    link = unlinked
    with FlagClients(link) as clients:
        for name, step in STEPS.items():
            step(link.ctx)
            if name == phase:
                break
        clients.await_commits(20)
        done = dual_pair.roll_back(link.ctx)
        clients.await_commits(20)
    assert not done["was_swapped"]
    clients.check(link, "blue")
    as_before(link)
    assert link.sql("green", "SELECT relname FROM pg_class WHERE relname IN ('account', 'entry')") == []
    assert dual_pair.roll_back(link.ctx)["was_swapped"] is False, "twice does no harm"


def test_the_new_database_may_stay(link: FlagLink) -> None:
    dual_pair.new_only(link.ctx)
    done = dual_pair.roll_back(link.ctx, new_side="keep")
    assert (done["was_swapped"], done["new_side"]) == (True, "kept")
    as_before(link)
    assert link.writable("green") and link.one("green", "SELECT count(*) FROM account") == 50


def test_reads_stay_while_the_new_side_is_too_far_behind(link: FlagLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "PATIENCE_SECONDS", 1.0)
    link.sql("green", "ALTER SUBSCRIPTION cutover_1_blue DISABLE")
    before = link.flag()
    with pytest.raises(TooFarBehind, match=r"behind, and may be 1 s: .*the subscription on green is disabled"):
        dual_pair.move_reads(link.ctx, 100)
    assert link.flag().version == before.version
    link.sql("green", "ALTER SUBSCRIPTION cutover_1_blue ENABLE")
    monkeypatch.setattr(reads, "PATIENCE_SECONDS", 30.0)
    assert dual_pair.move_reads(link.ctx, 100)["lag_seconds"] < 1


def test_what_comes_too_early_is_refused(make_link: MakeLink) -> None:
    link = make_link()
    with pytest.raises(NotFinal, match="cannot be finalized"):
        dual_pair.finalize(link.ctx, "keep")
    link.move(Mode.DUAL_WRITE_READ_NEW, read_new=50)
    with pytest.raises(NotReady, match="not everything is read from the new side"):
        dual_pair.new_only(link.ctx)
    with pytest.raises(NothingToMend, match="replication writes the other side"):
        dual_pair.repair(link.ctx, "forward", None)
    found = dual_pair.status(link.ctx)
    assert (found["live"], found["flag"]["mode"], found["traffic"]["leads_to"]) == (
        "blue",
        "dual_write_read_new",
        "blue",
    )


WRONG: list[tuple[str, dict[str, str], dict[str, Any], str]] = [
    ("DUA040", {"link_flags": "link_blue"}, {}, "is the old database, which finalizing archives or drops"),
    ("DUA041", {"link_flags": "link_green"}, {}, "is the new database, which a rollback empties"),
    ("DUA011", {}, {"flags": {"store": "link_flags", "instances": 3}}, "0 instances of the application"),
]


@pytest.mark.parametrize(("code", "leads", "changes", "text"), WRONG, ids=[one[0] for one in WRONG])
def test_what_cannot_go_well_is_named_beforehand(
    make_link: MakeLink, code: str, leads: dict[str, str], changes: dict[str, Any], text: str
) -> None:
    link = make_link(linked=False, **changes)
    resolve = link.ctx.resolve
    link.ctx.resolve = lambda conn_id: replace(resolve(leads.get(conn_id, conn_id)), conn_id=conn_id)
    with pytest.raises(PreflightFailed) as caught:
        dual_pair.preflight(link.ctx)
    assert f"[{code}]" in caught.value.what and text in caught.value.what
    assert "BG05" not in caught.value.what, "there is no router to be judged"
