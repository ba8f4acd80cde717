"""The metrics of the API server: opened by their own token, and scraped by a real Prometheus."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from localstack.ports import free_port
from support.plugin_api import Client
from support.prometheus import running

TOKEN = "a token of the tests"
Signed = Callable[[str | None], Client]


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CUTOVER_METRICS_TOKEN", TOKEN)
    return TOKEN


def test_only_the_token_opens_them(client: Signed, run_id: str, token: str) -> None:
    browser = client("ADMIN")
    assert browser.get("/cutover/metrics").status_code == 401
    assert (
        browser.get("/cutover/metrics", headers={"Authorization": "Bearer another token, as long"}).status_code == 401
    )
    assert browser.get("/cutover/metrics", headers={"Authorization": f"Basic {token}"}).status_code == 401
    answer = client(None).get("/cutover/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "cutover_run_open{" in answer.text


@pytest.mark.parametrize("short", ["", "short"])
def test_without_a_token_there_are_none(
    client: Signed, run_id: str, monkeypatch: pytest.MonkeyPatch, short: str
) -> None:
    monkeypatch.setenv("CUTOVER_METRICS_TOKEN", short)
    answer = client(None).get("/cutover/metrics", headers={"Authorization": f"Bearer {short}"})
    assert answer.status_code == 401


@pytest.fixture
def served(api_server: FastAPI, token: str) -> Iterator[int]:
    """The app on a port, until the test is over."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(api_server, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    ends = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < ends
        time.sleep(0.02)
    yield port
    server.should_exit = True
    thread.join(10)


def test_prometheus_scrapes_them(served: int, run_id: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    config = f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: cutover
    metrics_path: /cutover/metrics
    authorization: {{credentials_file: {tmp_path / "token"}}}
    static_configs: [{{targets: ["127.0.0.1:{served}"]}}]
"""
    with running(tmp_path, config) as prometheus:
        ends = time.monotonic() + 30
        while not (found := prometheus.ask("cutover_run_open")):
            assert time.monotonic() < ends, prometheus.ask("up")
            time.sleep(0.1)
    assert found[0]["metric"]["run_id"] == run_id and found[0]["value"][1] == "1"
