"""Documents and files: nothing in them can run, load or leave."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import cutover.api
from cutover import recording
from cutover.journal.store import Journal
from support.plugin_api import HOSTILE, Client

pytestmark = pytest.mark.dags

CSP = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
STATIC = Path(cutover.api.__file__).parent / "static"


def test_headers_of_documents(viewer: Client, run_id: str) -> None:
    for name in ("plan.md", "report.html", "report.json", "odd.svg"):
        headers = viewer.get(f"/cutover/runs/{run_id}/documents/{name}").headers
        assert headers["content-security-policy"] == CSP, name
        assert headers["x-content-type-options"] == "nosniff", name
        assert headers["referrer-policy"] == "same-origin", name
        assert headers["cache-control"] == "no-store", name


def test_bodies_of_documents(viewer: Client, journal: Journal, run_id: str) -> None:
    report = viewer.get(f"/cutover/runs/{run_id}/documents/report.html")
    assert report.headers["content-type"] == "text/html; charset=utf-8"
    assert report.content == journal.document(run_id, "report.html").body
    assert viewer.json(f"/cutover/runs/{run_id}/documents/report.json") == {"ok": True}


def test_markdown_is_rendered_and_cannot_inject(viewer: Client, run_id: str) -> None:
    response = viewer.get(f"/cutover/runs/{run_id}/documents/plan.md")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>Plan</h1>" in response.text
    assert "<script" not in response.text
    assert "&lt;script&gt;" in response.text
    assert 'href="javascript' not in response.text and "<img" not in response.text
    assert "<title>Leads &lt;script&gt;" in response.text
    raw = viewer.get(f"/cutover/runs/{run_id}/documents/plan.md?raw=true")
    assert raw.headers["content-type"] == "text/markdown; charset=utf-8"
    assert raw.text.startswith("# Plan")


def test_the_runbook_is_made_when_it_is_asked_for(client: Any, journal: Journal, run_id: str) -> None:
    with journal.step(run_id, "index"), recording.noted(run_id, "sql", "shop", "CREATE INDEX leads_at ON leads (at)"):
        pass
    for name, title in (("runbook", "Runbook, so far"), ("post-mortem", "Post-mortem, a draft")):
        page = client("VIEWER").get(f"/cutover/runs/{run_id}/{name}")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert page.headers["content-security-policy"] == CSP and page.headers["cache-control"] == "no-store"
        assert title in page.text and "<script" not in page.text
        markdown = client("VIEWER").get(f"/cutover/runs/{run_id}/{name}?format=md")
        assert markdown.headers["content-type"] == "text/markdown; charset=utf-8" and title in markdown.text
        assert client("VIEWER").get(f"/cutover/runs/{run_id}/{name}?format=exe").status_code == 422
        assert client(None).get(f"/cutover/runs/{run_id}/{name}").status_code == 401
        assert client("VIEWER").get(f"/cutover/runs/nothing/{name}").status_code == 404
    assert "CREATE INDEX leads_at" in client("VIEWER").get(f"/cutover/runs/{run_id}/runbook").text


def test_the_theme_is_one_of_two(viewer: Client, run_id: str) -> None:
    assert (
        '<html lang="en" data-theme="dark">' in viewer.get(f"/cutover/runs/{run_id}/documents/plan.md?theme=dark").text
    )
    assert viewer.get(f'/cutover/runs/{run_id}/documents/plan.md?theme="><script>').status_code == 422


def test_a_kind_that_a_browser_could_run_is_downloaded(viewer: Client, run_id: str) -> None:
    response = viewer.get(f"/cutover/runs/{run_id}/documents/odd.svg")
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"] == 'attachment; filename="odd.svg"'


NO_DOCUMENTS = (
    "nothing.md",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e%2fplan.md",
    "..%5c..%5cplan.md",
    "%2fetc%2fpasswd",
    "plan.md%00.html",
    ".hidden",
    "x" * 500,
)


def test_names_that_are_no_document(viewer: Client, run_id: str) -> None:
    for name in NO_DOCUMENTS:
        response = viewer.get(f"/cutover/runs/{run_id}/documents/{name}")
        assert (response.status_code, response.json()["code"]) == (404, "API003"), (name, response.text)


def test_a_name_cannot_write_headers(viewer: Client, run_id: str) -> None:
    response = viewer.get(f"/cutover/runs/{run_id}/documents/plan.md%0d%0aSet-Cookie:%20a=b")
    assert response.status_code == 404
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("name", ["migrations.js", "migration.js", "lib/http.js", "icon.svg"])
def test_static_files_are_public_and_revalidated(client: Any, name: str) -> None:
    response = client(None).get(f"/cutover/static/{name}")
    assert response.status_code == 200
    assert response.content == (STATIC / name).read_bytes()
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd", "..%2f..%2f..%2f..%2fREADME.md"]
)
def test_static_files_end_at_their_folder(client: Any, name: str) -> None:
    assert client(None).get(f"/cutover/static/{name}").status_code == 404


def test_pages_load_nothing_from_elsewhere_and_write_no_html() -> None:
    scripts = [path for path in STATIC.rglob("*") if path.suffix in (".js", ".css", ".svg")]
    assert len(scripts) > 10
    for path in scripts:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//cdn", text), path
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", text), path


def test_errors_are_pages_for_browsers_and_json_for_scripts(viewer: Client, run_id: str) -> None:
    page = viewer.get(f"/cutover/runs/{run_id}/documents/{HOSTILE}", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<script" not in page.text and "To mend it" in page.text
    assert page.headers["content-security-policy"] == CSP
    script = viewer.get(f"/cutover/runs/{run_id}/documents/nothing.md")
    assert set(script.json()) == {"code", "what", "fix", "detail"}
