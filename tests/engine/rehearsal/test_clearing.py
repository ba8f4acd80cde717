"""Whatever a rehearsal has made is removed, also what keeps a database from being dropped, and also the second time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from cutover.journal.records import Rehearsal
from cutover.rehearsal import clearing, cloning
from cutover.rehearsal.staging import places_of
from cutover.spec.models import Migration
from engine.rehearsal.conftest import Ground

Connected = Callable[[ConnectionInfo], psycopg.Connection[Any]]


@pytest.fixture
def rehearsal(ground: Ground) -> Rehearsal:
    begun = ground.begin()
    spec = Migration.from_snapshot(begun.spec)
    cloning.make(ground.task, spec, places_of(begun.places), ground.resolve, patience=5)
    return begun


def clear(ground: Ground, rehearsal: Rehearsal) -> dict[str, Any]:
    now = ground.journal.rehearsal(rehearsal.rehearsal_id)
    return clearing.clear(ground.task, ground.journal, now, ground.resolve)


def test_a_copy_with_sessions_slots_and_subscriptions_goes(
    ground: Ground, rehearsal: Rehearsal, connected: Connected
) -> None:
    name = rehearsal.places["shop"]["dbname"]
    copy = replace(ground.staging, dbname=name)
    busy = connected(copy)
    with psycopg.connect(copy.conninfo(replication="database"), autocommit=True) as walsender:
        walsender.execute("CREATE_REPLICATION_SLOT kept_by_nobody LOGICAL pgoutput")
    ground.sql(
        "CREATE SUBSCRIPTION follows CONNECTION 'host=db.invalid dbname=x' PUBLICATION p"
        " WITH (connect = false, slot_name = 'far_away')",
        name,
    )
    number = ground.begin_run(rehearsal).number
    beside = [f"cutover_{number}_design", f"cutover_{number}_restored", f"{name}_before_{number}"]
    for each in beside:
        ground.sql(f'CREATE DATABASE "{each}"', "postgres")
    ground.journal.hold(rehearsal.rehearsal_id, ["a place"])

    done = clear(ground, rehearsal)

    assert sorted(done["dropped"]) == sorted([name, *beside])
    assert not {name, *beside} & ground.databases()
    assert ground.sql("SELECT FROM pg_replication_slots WHERE slot_name = 'kept_by_nobody'") == []
    with pytest.raises(psycopg.OperationalError):
        busy.execute("SELECT 1")
    run = ground.journal.get_run("leads.1")
    assert (run.state, run.reason) == ("aborted", clearing.OVER)
    after = ground.journal.rehearsal(rehearsal.rehearsal_id)
    assert after.cleared_at is not None
    ground.begin(rehearsal_id="another")
    assert ground.journal.hold("another", ["a place"]) == {}, "and what it held is free"
    assert ground.sql("SELECT count(*) FROM people") == [(50,)], "staging is as it was"


def test_a_second_time_there_is_nothing_left_to_do(ground: Ground, rehearsal: Rehearsal) -> None:
    clear(ground, rehearsal)
    first = ground.journal.rehearsal(rehearsal.rehearsal_id).cleared_at
    assert clear(ground, rehearsal)["dropped"] == []
    assert ground.journal.rehearsal(rehearsal.rehearsal_id).cleared_at == first


def test_what_cannot_be_removed_is_named_and_tried_again(ground: Ground, rehearsal: Rehearsal) -> None:
    ground.journal.hold(rehearsal.rehearsal_id, ["a place"])
    right = ground.known["shop_staging"]
    ground.known["shop_staging"] = replace(right, port=1)
    with pytest.raises(clearing.NotCleared, match=r"shop_staging: .*cannot connect") as refused:
        clear(ground, rehearsal)
    assert refused.value.code == "REH006"
    assert ground.journal.rehearsal(rehearsal.rehearsal_id).cleared_at is None
    assert [one.rehearsal_id for one in ground.journal.rehearsals(uncleared=True)] == [rehearsal.rehearsal_id]
    ground.begin(rehearsal_id="another")
    assert ground.journal.hold("another", ["a place"]), "nobody else works there before it is clear"
    ground.known["shop_staging"] = right
    assert clear(ground, rehearsal)["dropped"] == [rehearsal.places["shop"]["dbname"]]


def test_staging_itself_is_never_dropped(ground: Ground) -> None:
    begun = ground.begin(ground.spec(rehearse={"clone": "none"}))
    assert clear(ground, begun)["dropped"] == []
    assert ground.staging.dbname in ground.databases()
