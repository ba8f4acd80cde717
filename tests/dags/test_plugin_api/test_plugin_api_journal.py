"""A journal that is missing, unreachable or too old: said clearly, with the setting that mends it, and no secret."""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

import pytest

from cutover.connections import ConnectionInfo
from cutover.journal.store import Journal
from localstack.ports import free_port
from support.connections import Connections
from support.plugin_api import Client, begin

pytestmark = pytest.mark.dags

PATHS = (
    "/cutover/runs",
    "/cutover/runs/a/overview",
    "/cutover/specs",
    "/cutover/health",
    "/cutover/runs/a/documents/plan.md",
)


def refused(client: Client, path: str) -> dict[str, Any]:
    for accept in ("application/json", "text/html"):
        response = client.get(path, headers={"Accept": accept})
        assert response.status_code == 503, response.text
        assert "Traceback" not in response.text
        assert "cutover_journal" in response.text
    return client.json(path, 503)


@pytest.mark.parametrize("path", PATHS)
def test_no_connection(viewer: Client, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_CUTOVER_JOURNAL", raising=False)
    said = refused(viewer, path)
    assert said["code"] == "API008"
    assert "not defined" in said["what"] and "AIRFLOW_CONN_CUTOVER_JOURNAL" in said["fix"]


@pytest.mark.parametrize("path", PATHS)
def test_nobody_listens(viewer: Client, make_connection: Connections, path: str) -> None:
    port = free_port()
    make_connection("cutover_journal", ConnectionInfo("x", "127.0.0.1", port, "keeper", "hush-hush", "journal_db"))
    said = refused(viewer, path)
    assert "cannot be reached" in said["what"] and "server is up" in said["fix"]
    assert not {str(port), "127.0.0.1", "keeper", "journal_db", "hush-hush"} & set(str(said).replace("'", " ").split())


def test_wrong_database(viewer: Client, journal: Journal, make_connection: Connections) -> None:
    make_connection("cutover_journal", dataclasses.replace(journal.info, dbname="no_such_database"))
    said = refused(viewer, "/cutover/runs")
    assert "no_such_database" not in str(said)


def test_no_tables_yet(viewer: Client, database: ConnectionInfo, make_connection: Connections) -> None:
    make_connection("cutover_journal", database)
    said = refused(viewer, "/cutover/runs")
    assert "python -m cutover journal" in said["fix"]


def test_a_login_without_rights(viewer: Client, journal: Journal, make_connection: Connections) -> None:
    import psycopg

    with psycopg.connect(journal.info.conninfo(), autocommit=True) as db:
        db.execute("create role nosy login password 'nosy'")
    try:
        make_connection("cutover_journal", dataclasses.replace(journal.info, user="nosy", password="nosy"))
        said = refused(viewer, "/cutover/runs")
        assert "may not use" in said["what"]
    finally:
        with psycopg.connect(journal.info.conninfo(), autocommit=True) as db:
            db.execute("drop role nosy")


def test_a_mended_connection_works_at_once(
    viewer: Client, journal: Journal, make_connection: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_CUTOVER_JOURNAL", raising=False)
    viewer.json("/cutover/health", 503)
    make_connection("cutover_journal", journal.info)
    assert viewer.json("/cutover/health")["journal"] == "reachable"


def test_a_connection_kept_by_airflow_works_too(
    viewer: Client, journal: Journal, monkeypatch: pytest.MonkeyPatch, api_server: Any
) -> None:
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    monkeypatch.delenv("AIRFLOW_CONN_CUTOVER_JOURNAL", raising=False)
    run = begin(journal)
    info = journal.info
    where = {"host": info.host, "port": info.port, "schema": info.dbname}
    kept = Connection("cutover_journal", "postgres", login=info.user, password=info.password, **where)
    with create_session() as session:
        session.add(kept)
    try:
        assert [r["run_id"] for r in viewer.json("/cutover/runs")["runs"]] == [run]
    finally:
        with create_session() as session:
            session.execute(delete(Connection).where(Connection.conn_id == "cutover_journal"))


def test_no_answer_and_no_log_holds_the_password(
    viewer: Client, journal: Journal, run_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    password = journal.info.password
    assert password
    with caplog.at_level(logging.DEBUG):
        texts = [
            viewer.get(f"/cutover/{path}").text
            for path in (
                "runs",
                f"runs/{run_id}/overview",
                "specs",
                "health",
                "runs/nobody",
                f"runs/{run_id}/documents/no",
            )
        ]
    assert all(password not in text for text in [*texts, caplog.text])


def test_requests_leave_no_connection_behind(viewer: Client, journal: Journal, run_id: str) -> None:
    import psycopg

    query = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    with psycopg.connect(journal.info.conninfo(), autocommit=True) as db:
        before = db.execute(query).fetchone()
        for _ in range(5):
            viewer.json(f"/cutover/runs/{run_id}/overview")
            viewer.json("/cutover/runs/nobody", 404)
        db.execute("set statement_timeout = '10s'")
        while db.execute(query).fetchone() != before:  # a backend takes a moment to see that its client has gone
            db.execute("select pg_sleep(0.01)")
