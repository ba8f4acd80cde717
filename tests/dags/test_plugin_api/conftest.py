"""An API server with the plugin mounted, users of each role, and a journal with a run in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from cutover.connections import ConnectionInfo
from cutover.journal.check import Check
from cutover.journal.store import Journal
from support.connections import Connections
from support.plugin_api import HOSTILE, Client, begin


@pytest.fixture(scope="session")
def api_server(metadata_db: None) -> FastAPI:
    """Airflow's own API server app, with the plugins that its loader finds in the plugins folder."""
    from airflow.api_fastapi.app import create_app, init_auth_manager

    app = create_app(apps="core")
    init_auth_manager(app)
    return app


@pytest.fixture
def client(api_server: FastAPI) -> Any:
    """``client("VIEWER")`` signs in with a role; ``client(None)`` is nobody."""
    return lambda role: Client(api_server, role)


@pytest.fixture
def viewer(client: Any) -> Client:
    return client("VIEWER")


@pytest.fixture
def operator(client: Any) -> Client:
    return client("USER")


@pytest.fixture
def journal_known(journal: Journal, make_connection: Connections) -> ConnectionInfo:
    """Tell Airflow where the journal is."""
    return make_connection("cutover_journal", journal.info)


@pytest.fixture
def run_id(journal: Journal, journal_known: ConnectionInfo) -> Iterator[str]:
    """A run that is filling its shadow tables, with a little of everything; its texts are hostile."""
    run = begin(journal, title=f"Leads {HOSTILE}")
    journal.set_state(run, "filling", reason=f"because {HOSTILE}")
    journal.progress(run, "backfill", "public.leads", 250_000, 1_000_000, rate=50_000.0, eta_seconds=15.0)
    journal.progress(run, "backfill", "public.notes", 10, None, note="counting")
    journal.record_check(
        run, Check("ROW_COUNT", "Row counts", False, "error", HOSTILE, {"live": 10, "shadow": 9}, "public.leads")
    )
    journal.event(run, "blocked", f"waits for {HOSTILE}", actor="engine", data={"pid": 4711})
    journal.put_document(
        run,
        "plan.md",
        "text/markdown",
        f"# Plan\n\n{HOSTILE}\n\n[x](javascript:alert(1)) ![i](http://evil.test/i.png)\n",
    )
    journal.put_document(run, "report.html", "text/html", "<!doctype html><title>Report</title><p>All rows are there.")
    journal.put_document(run, "report.json", "application/json", '{"ok": true}')
    journal.put_document(run, "odd.svg", "image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    yield run


@pytest.fixture
def migrations_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of specs of the test's own."""
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(tmp_path))
    return tmp_path
