"""What stands for what: a rehearsal's steps find staging, and never anything else."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from cutover.errors import ConnectionUnknown
from cutover.journal.errors import RehearsalUnknown
from cutover.opening import open_draft, open_run
from cutover.rehearsal import sameness
from cutover.rehearsal.settling import held, name
from cutover.rehearsal.staging import NoStaging, StagingIsLive, asked
from engine.rehearsal.conftest import Ground


def test_a_run_of_a_rehearsal_finds_the_copy_under_the_migrations_own_name(ground: Ground) -> None:
    rehearsal = ground.begin()
    run = ground.begin_run(rehearsal)
    ctx = open_run("leads.1", ground.journal, ground.resolve)
    assert ctx.source_info.dbname == rehearsal.places["shop"]["dbname"] != ground.staging.dbname
    assert (ctx.source_info.host, ctx.source_info.port) == (ground.staging.host, ground.staging.port)
    assert asked(run, ground.journal, ["shop"]) == ["shop_staging"], "what a trigger resolves beforehand"
    with pytest.raises(NoStaging, match=r"'shop_green'.*nothing stands for it") as refused:
        ctx.resolve("shop_green")
    assert "shop_green: <connection id>" in str(refused.value.fix)


def test_a_run_that_is_none_finds_what_it_names(ground: Ground) -> None:
    run = ground.journal.begin_run(
        "leads.2", migration="leads", strategy="online", database="x", title="Leads", spec=ground.spec().snapshot()
    )
    assert open_run("leads.2", ground.journal, ground.resolve).source_info.host == "db.invalid"
    assert asked(run, ground.journal, ["shop"]) == ["shop"]


def test_windows_of_rehearsals_are_in_nobodys_way_and_nobody_is_in_theirs(ground: Ground) -> None:
    from cutover.postgres.preflight_pair.runner import other_runs

    spec, rehearsal = ground.spec(), ground.begin()
    known = {"migration": "leads", "strategy": "online", "title": "Leads", "spec": spec.snapshot()}
    dry = {"dry_run": True, "rehearsal_of": rehearsal.rehearsal_id}
    ground.journal.begin_run("rehearsed.1", database="a copy", **known, **dry)
    ground.journal.set_state("rehearsed.1", "window")
    draft = open_draft(spec, ground.journal, ground.resolve)
    assert list(other_runs(draft)) == []
    ground.journal.begin_run("live.1", database="the real one", **known)
    ground.journal.set_state("live.1", "window")
    assert [run_id for run_id, _, _ in other_runs(draft)] == ["live.1"]
    ground.journal.begin_run("rehearsed.2", database="another copy", **known, **dry)
    assert list(other_runs(open_run("rehearsed.2", ground.journal, ground.resolve))) == []


def test_a_rehearsal_that_is_unknown_is_refused(ground: Ground) -> None:
    with pytest.raises(RehearsalUnknown, match="'nothing'"):
        ground.journal.rehearsal("nothing")


def test_without_a_stand_in_the_mending_line_is_named(ground: Ground) -> None:
    del ground.known["shop_staging"]
    with pytest.raises(NoStaging, match="nothing stands for the connection 'shop'") as refused:
        ground.places(ground.spec())
    assert "'shop_staging'" in str(refused.value.fix) and "{staging: {shop: ...}}" in str(refused.value.fix)


def test_the_spec_may_name_another_stand_in(ground: Ground) -> None:
    ground.known["elsewhere"] = replace(ground.staging, conn_id="elsewhere")
    assert ground.places(ground.spec(rehearse={"staging": {"shop": "elsewhere"}}))["shop"].conn_id == "elsewhere"


def test_production_under_another_name_is_still_production(ground: Ground) -> None:
    ground.known["shop_staging"] = replace(ground.known["shop"], conn_id="shop_staging")
    with pytest.raises(StagingIsLive, match=r"db.invalid.*that is 'shop' itself") as refused:
        ground.places(ground.spec())
    assert refused.value.code == "REH002"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "127.0.0.1,db.invalid"])
def test_production_by_another_address_is_still_production(ground: Ground, host: str) -> None:
    ground.known["shop"] = replace(ground.staging, conn_id="shop", host=host)
    with pytest.raises(StagingIsLive, match="that is 'shop' itself"):
        ground.places(ground.spec())


def test_what_addresses_do_not_show_the_servers_know(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sameness, "addresses", lambda host: frozenset({host}))  # as behind a proxy
    spec = ground.spec()
    ground.known["shop"] = replace(ground.staging, conn_id="shop", host="localhost")
    places = ground.places(spec)
    with pytest.raises(StagingIsLive, match=r"'shop_staging', which stands for 'shop'.*that is 'shop' itself"):
        sameness.confirm(spec, places, ground.resolve)
    ground.known["shop"] = replace(ground.known["shop"], dbname="postgres")
    sameness.confirm(spec, places, ground.resolve)  # another database of the same server
    del ground.known["shop"]
    sameness.confirm(spec, places, ground.resolve)  # nobody to ask


def test_where_production_is_not_even_defined_staging_is_enough(ground: Ground) -> None:
    del ground.known["shop"]
    with pytest.raises(ConnectionUnknown):
        ground.resolve("shop")
    assert ground.places(ground.spec())["shop"].conn_id == "shop_staging"


def test_names_of_copies_are_never_too_long_and_never_the_same() -> None:
    names = {name(f"leads.rehearsal.{n}", number, "ä" * 60) for n in range(3) for number in range(2)}
    assert len(names) == 6
    assert all(len(each.encode()) <= 63 for each in names)


def test_copies_are_held_by_nobody_and_staging_itself_by_one(ground: Ground) -> None:
    one = ground.begin(rehearsal_id="leads.rehearsal.1")
    assert held(ground.places(ground.spec()), ground.resolve) == []
    wanted = held(ground.places(ground.spec(rehearse={"clone": "none"})), ground.resolve)
    assert wanted == [f"{ground.staging.host}:{ground.staging.port}/{ground.staging.dbname}"]
    other = ground.begin(rehearsal_id="leads.rehearsal.2")
    assert ground.journal.hold(one.rehearsal_id, wanted) == {}
    assert ground.journal.hold(one.rehearsal_id, wanted) == {}, "asking again is harmless"
    assert ground.journal.hold(other.rehearsal_id, [*wanted, "free"]) == {wanted[0]: one.rehearsal_id}
    third = ground.begin(rehearsal_id="leads.rehearsal.3")
    assert ground.journal.hold(third.rehearsal_id, ["free"]) == {}, "who is refused holds nothing of it"
    ground.journal.let_go(one.rehearsal_id)
    assert ground.journal.hold(other.rehearsal_id, wanted) == {}


def test_of_many_that_ask_at_once_exactly_one_holds_all(ground: Ground) -> None:
    ids = [ground.begin(rehearsal_id=f"leads.rehearsal.{n}").rehearsal_id for n in range(6)]
    start, answers = threading.Barrier(len(ids)), dict[str, dict[str, str]]()

    def ask(rehearsal_id: str, places: list[str]) -> None:
        start.wait()
        answers[rehearsal_id] = ground.journal.hold(rehearsal_id, places)

    threads = [
        threading.Thread(target=ask, args=(each, ["a", "b"] if n % 2 else ["b", "a"])) for n, each in enumerate(ids)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [each for each, taken in answers.items() if not taken]
    assert len(winners) == 1
    assert all(taken == dict.fromkeys("ab", winners[0]) for taken in answers.values() if taken)
