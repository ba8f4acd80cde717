"""Copies of staging: whole, quick, alone, and without what is nobody's business."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from cutover.postgres.maintenance import DatabaseNotMade, beside
from cutover.rehearsal import cloning, fastest
from cutover.rehearsal.sensitive import NotMasked
from cutover.spec.models import Migration
from engine.rehearsal.conftest import Ground

Connected = Callable[[ConnectionInfo], psycopg.Connection[Any]]


def make(ground: Ground, spec: Migration, **more: Any) -> tuple[str, dict[str, Any]]:
    """Make the copies of a spec; return the name of the source's, and the figures."""
    places = ground.places(spec)
    figures = cloning.make(ground.task, spec, places, ground.resolve, **{"patience": 0.5, **more})
    return str(places["shop"].dbname), figures


def test_a_copy_has_rows_schema_settings_and_privileges(ground: Ground) -> None:
    ground.sql(f"ALTER DATABASE \"{ground.staging.dbname}\" SET work_mem = '7MB'")
    ground.sql(f'REVOKE CONNECT ON DATABASE "{ground.staging.dbname}" FROM PUBLIC')
    name, figures = make(ground, ground.spec())
    assert ground.sql("SELECT count(*), max(mail) FROM people", name) == [(50, "secret9@example.org")]
    assert ground.sql("SHOW work_mem", name) == [("7MB",)]
    assert (
        ground.sql("SELECT datacl::text FROM pg_database WHERE datname = current_database()", name)[0][0].count("=c/")
        == 0
    )
    told = figures["databases"]["shop"]
    assert told["database"] == name and told["how"] == "wal_log" and told["bytes"] > 1_000_000
    assert figures["masked"] == {}


def test_a_copy_that_is_there_already_is_made_anew(ground: Ground) -> None:
    name, _ = make(ground, ground.spec())
    ground.sql("DROP TABLE log", name)
    assert make(ground, ground.spec())[0] == name
    assert ground.sql("SELECT count(*) FROM log", name) == [(50,)]


def test_somebody_who_stays_connected_is_named_and_nothing_is_left(ground: Ground, connected: Connected) -> None:
    connected(ground.staging)
    before = ground.databases()
    with pytest.raises(
        cloning.TemplateInUse, match=r"somebody is connected to it \(\w+ \(somebody\), idle\)"
    ) as refused:
        make(ground, ground.spec())
    assert refused.value.code == "REH003" and "clone: point" in str(refused.value.fix)
    assert ground.databases() == before


def test_somebody_who_leaves_in_time_is_waited_for(ground: Ground, connected: Connected) -> None:
    session = connected(ground.staging)
    leaving = threading.Timer(0.7, session.close)
    leaving.start()
    name, _ = make(ground, ground.spec(), patience=30)
    leaving.join()
    assert name in ground.databases()


def test_a_large_database_is_copied_file_by_file(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastest, "LARGE", 0)
    name, figures = make(ground, ground.spec())
    assert figures["databases"]["shop"]["how"] in ("clone", "file_copy")
    assert ground.sql("SELECT count(*) FROM people", name) == [(50,)]


def test_sixteen_knows_no_clones(database16: ConnectionInfo, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    with beside(ground.task, database16, "test") as db:
        assert fastest.ways(db, database16.dbname) == ["wal_log"]
        monkeypatch.setattr(fastest, "LARGE", 0)
        assert fastest.ways(db, database16.dbname) == ["file_copy"]


def test_what_is_sensitive_is_not_in_the_copy_not_even_in_its_pages(ground: Ground) -> None:
    mask = {"people": {"mail": "'m' || id || '@example.invalid'"}}
    name, figures = make(ground, ground.spec(rehearse={"mask": mask, "leave_out": ["log"]}))
    assert figures["masked"] == {"people": 50}
    assert ground.sql("SELECT count(*), min(mail) FROM people", name) == [(50, "m10@example.invalid")]
    assert ground.sql("SELECT count(*) FROM log", name) == [(0,)], "neither the rows, nor what a trigger would write"
    pages = "SELECT position('secret'::bytea in pg_read_binary_file(pg_relation_filepath('people'))) > 0"
    ground.sql("CHECKPOINT")
    assert ground.sql(pages) == [(True,)]
    assert ground.sql(pages, name) == [(False,)]
    assert ground.sql("SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'touch'", name) == [("O",)]
    assert ground.sql("SELECT count(*) FROM people WHERE mail LIKE 'secret%'") == [(50,)], "staging is as it was"


@pytest.mark.parametrize(
    ("rehearse", "said"),
    [
        ({"mask": {"people": {"mail": "'all alike'"}}}, "duplicate key"),
        ({"mask": {"people": {"nothing": "'x'"}}}, 'column "nothing"'),
        ({"leave_out": ["people"]}, "foreign key"),
        ({"leave_out": ["nobody"]}, "does not exist"),
    ],
)
def test_a_copy_that_would_still_have_it_is_dropped(ground: Ground, rehearse: dict[str, Any], said: str) -> None:
    before = ground.databases()
    with pytest.raises(NotMasked, match=said) as refused:
        make(ground, ground.spec(rehearse=rehearse))
    assert refused.value.fix
    assert ground.databases() == before


def test_a_login_that_may_not_is_told_what_it_lacks(ground: Ground) -> None:
    ground.sql("DROP ROLE IF EXISTS rehearser; CREATE ROLE rehearser LOGIN PASSWORD 'rehearser'")
    ground.known["shop_staging"] = replace(ground.known["shop_staging"], user="rehearser", password="rehearser")
    with pytest.raises(DatabaseNotMade) as refused:
        make(ground, ground.spec())
    assert refused.value.fix == 'ALTER ROLE "rehearser" CREATEDB'
    ground.sql("ALTER ROLE rehearser CREATEDB")
    with pytest.raises(DatabaseNotMade, match="permission denied to copy database"):
        make(ground, ground.spec())
    ground.sql(f'ALTER DATABASE "{ground.staging.dbname}" OWNER TO rehearser')
    try:
        name, _ = make(ground, ground.spec())
        assert ground.sql(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()", name
        ) == [("rehearser",)]
    finally:
        ground.sql(f'ALTER DATABASE "{ground.staging.dbname}" OWNER TO postgres')
        for name in ground.databases() - {ground.staging.dbname}:
            if "rehearsal" in name:
                ground.sql(f'DROP DATABASE "{name}"', "postgres")
        ground.sql("DROP ROLE rehearser", "postgres")


def test_a_target_that_only_a_run_makes_is_left_to_the_run(ground: Ground) -> None:
    ground.known["green_staging"] = replace(ground.staging, conn_id="green_staging", dbname="is_made_later")
    ground.known["pooler_staging"] = replace(ground.staging, conn_id="pooler_staging", port=1)
    spec = ground.spec(strategy="blue_green", target="green", router="pooler", tables=[])
    _, figures = make(ground, spec)
    assert list(figures["databases"]) == ["shop"]
