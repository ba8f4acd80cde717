"""The lag of standbys: a real standby, stopped and let loose again, seen by the real trigger."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from cutover.journal.records import Run
from cutover.journal.store import Journal
from localstack.cluster import Cluster
from localstack.throwaway import standby_of, throwaway
from support.connections import Connections

WRITE = "create table if not exists t (x text); insert into t select repeat('x', 100) from generate_series(1, 2000)"


@pytest.fixture(scope="module")
def primary() -> Iterator[Cluster]:
    with throwaway(18) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def standby(primary: Cluster) -> Iterator[Cluster]:
    with standby_of(primary, cluster_name="reader") as cluster:
        yield cluster


@pytest.fixture
def run(journal: Journal, make_connection: Connections, primary: Cluster) -> Run:
    make_connection("cutover_journal", journal.info)
    make_connection("shop", primary.info("postgres"))
    spec: dict[str, Any] = {
        "name": "trial",
        "title": "A trial",
        "strategy": "online",
        "owner": "tests",
        "source": "shop",
        "tables": [{"name": "public.t"}],
        "cutover": {"max_lag": "2s"},
    }
    return journal.begin_run("trial.1", migration="trial", strategy="online", database="x", title="A trial", spec=spec)


def execute(info: ConnectionInfo, statement: str) -> None:
    with psycopg.connect(info.conninfo(), autocommit=True) as db:
        db.execute(statement)  # type: ignore[call-overload]


def trigger(run: Run, **more: Any) -> Any:
    from cutover.triggers.replication_lag import ReplicationLagTrigger

    limits = {"max_lag_seconds": 0.5, "poke_interval": 0.1, "stable_checks": 3, **more}
    return ReplicationLagTrigger(run_id=run.run_id, conn_id="shop", **limits)


async def first_event(waiting: Any) -> dict[str, Any]:
    async for event in waiting.run():
        return dict(event.payload)
    raise AssertionError("the trigger ended without a word")


def test_without_standbys_there_is_nothing_to_wait_for(run: Run, pg18: Cluster, make_connection: Connections) -> None:
    make_connection("shop", pg18.info("postgres"))
    event = asyncio.run(asyncio.wait_for(first_event(trigger(run)), 20))
    assert event["status"] == "none" and event["looks"] == 0


def test_a_standby_that_keeps_up_is_looked_at_several_times(run: Run, standby: Cluster, journal: Journal) -> None:
    event = asyncio.run(asyncio.wait_for(first_event(trigger(run)), 20))
    assert event["status"] == "ok" and event["looks"] >= 3
    assert len(event["standbys"]) == 1
    sample = journal.get_progress(run.run_id)[0]
    assert sample.step == "standby_lag" and sample.total == 500 and sample.done <= 500


def test_a_stuck_standby_is_waited_for_and_named(
    run: Run, primary: Cluster, standby: Cluster, journal: Journal
) -> None:
    """The server's own replay_lag stands still for a standby that has stopped replaying."""

    async def story() -> tuple[bool, dict[str, Any]]:
        execute(standby.info("postgres"), "select pg_wal_replay_pause()")
        execute(primary.info("postgres"), WRITE)
        waiting = asyncio.create_task(first_event(trigger(run, max_lag_seconds=0.5)))
        done, _ = await asyncio.wait([waiting], timeout=2.5)
        execute(standby.info("postgres"), "select pg_wal_replay_resume()")
        return bool(done), await asyncio.wait_for(waiting, 20)

    fired_early, event = asyncio.run(story())
    assert not fired_early
    assert event["status"] == "ok"
    assert event["worst_seconds"] > 1.5 and event["worst_bytes"] > 100_000
    assert any("waiting for standbys" in said.text for said in journal.events(run.run_id, kind="standby_lag"))


def test_a_limit_in_bytes_counts_too(run: Run, primary: Cluster, standby: Cluster) -> None:
    async def story() -> bool:
        execute(standby.info("postgres"), "select pg_wal_replay_pause()")
        execute(primary.info("postgres"), WRITE)
        waiting = asyncio.create_task(first_event(trigger(run, max_lag_seconds=3600, max_lag_bytes=10_000)))
        done, _ = await asyncio.wait([waiting], timeout=1.0)
        execute(standby.info("postgres"), "select pg_wal_replay_resume()")
        await asyncio.wait_for(waiting, 20)
        return bool(done)

    assert asyncio.run(story()) is False


def test_a_cancelled_trigger_leaves_no_session_behind(run: Run, primary: Cluster, standby: Cluster) -> None:
    async def story() -> None:
        waiting = asyncio.create_task(first_event(trigger(run, stable_checks=10_000)))
        while not sessions(primary):
            await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        for _ in range(100):
            if not sessions(primary):
                return
            await asyncio.sleep(0.05)
        raise AssertionError("its session is still there")

    asyncio.run(story())


def sessions(primary: Cluster) -> int:
    with psycopg.connect(primary.info("postgres").conninfo(), autocommit=True) as db:
        row = db.execute(
            "select count(*) from pg_stat_activity where application_name like 'cutover/trial.1/standby_lag%'"
        ).fetchone()
    assert row
    return int(row[0])


def test_a_role_that_may_not_see_standbys_is_told_the_grant(
    run: Run, primary: Cluster, standby: Cluster, make_connection: Connections
) -> None:
    execute(primary.info("postgres"), "drop role if exists blind; create role blind login password 'blind-password'")
    info = primary.info("postgres")
    make_connection(
        "shop", ConnectionInfo("shop", info.host, info.port, "blind", "blind-password", "postgres", info.extra)
    )
    event = asyncio.run(asyncio.wait_for(first_event(trigger(run)), 20))
    assert event["status"] == "error" and "GRANT pg_monitor TO blind" in event["fix"]


def test_the_trigger_survives_a_restart_of_the_triggerer_and_holds_no_secret(run: Run, primary: Cluster) -> None:
    from airflow.sdk.module_loading import import_string

    path, arguments = trigger(run, max_lag_bytes=5).serialize()
    again = import_string(path)(**arguments)
    assert again.serialize() == (path, arguments)
    assert primary.password not in json.dumps(arguments)


def test_the_sensor_defers_with_the_migrations_own_limit(run: Run, standby: Cluster) -> None:
    from airflow.sdk.exceptions import TaskDeferred

    from cutover.sensors.replication_lag import ReplicationLagSensor

    sensor = ReplicationLagSensor(task_id="standby_lag", run_id=run.run_id, timeout=120)
    with pytest.raises(TaskDeferred) as deferred:
        sensor.execute({})
    _, arguments = deferred.value.trigger.serialize()
    assert arguments["max_lag_seconds"] == 2.0 and arguments["conn_id"] == "shop"
    assert deferred.value.timeout.total_seconds() == 120


def test_the_sensor_succeeds_at_once_without_standbys(run: Run, pg18: Cluster, make_connection: Connections) -> None:
    from cutover.sensors.replication_lag import ReplicationLagSensor

    make_connection("shop", pg18.info("postgres"))
    assert ReplicationLagSensor(task_id="standby_lag", run_id=run.run_id).execute({})["status"] == "none"


def test_what_cannot_be_mended_by_waiting_is_not_retried() -> None:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException

    from cutover.sensors.replication_lag import ReplicationLagSensor

    sensor = ReplicationLagSensor(task_id="standby_lag", run_id="trial.1")
    with pytest.raises(AirflowFailException, match="GRANT"):
        sensor.execute_complete({}, {"status": "error", "message": "may not see", "fix": "GRANT pg_monitor TO x"})
    with pytest.raises(AirflowException, match="cannot be reached") as caught:
        sensor.execute_complete({}, {"status": "error", "message": "shop cannot be reached"})
    assert not isinstance(caught.value, AirflowFailException)
