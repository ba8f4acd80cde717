"""The operator's way through a migration and back, once, in a real browser, while the shop is open.

``CUTOVER_SCREENSHOTS=docs/screenshots bin/test tests/e2e/browser`` makes the pictures of the documentation anew.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from cutover.connections import from_environment
from cutover.postgres.connect import connect
from cutover_demo import audit
from cutover_demo.fleet import Fleet
from cutover_demo.follow import run_of
from cutover_demo.ledger import Ledger
from cutover_demo.reconcile import reconcile
from cutover_demo.runs import DagRun
from cutover_demo.screen import Screen
from cutover_demo.stage import Stage
from localstack import apt
from localstack.stack import Stack
from support.operator_seat import PATIENCE, OperatorSeat

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
ROWS = 300_000


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium: this machine's own, else Debian's, installed where we may."""
    if not (found := os.environ.get("CUTOVER_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")):
        apt.install(["chromium"])
        found = shutil.which("chromium")
    if not found:
        pytest.skip("no Chromium here: apt-get install chromium, or set CUTOVER_CHROMIUM")
    return found


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    """A browser page of an ordinary laptop's size."""
    # Chromium's own sandbox refuses to run as root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        made = browser.new_page(viewport={"width": 1280, "height": 860}, timezone_id="UTC", locale="en-GB")
        made.set_default_timeout(PATIENCE)
        yield made
        browser.close()


@pytest.fixture
def seat(stack: Stack, page: Page, tmp_path: Path) -> OperatorSeat:
    """The operator olga, signed in."""
    wanted = os.environ.get("CUTOVER_SCREENSHOTS")
    made = OperatorSeat(page, stack.airflow.url, Path(wanted) if wanted else tmp_path)
    made.pictures.mkdir(parents=True, exist_ok=True)
    made.sign_in("olga", stack.airflow.logins()["olga"])
    return made


def test_an_operator_migrates_and_goes_back(stack: Stack, seat: OperatorSeat, tmp_path: Path) -> None:
    stage = Stage(stack, Screen())
    stage.prepare(ROWS)
    fleet = Fleet(stage.writers_login(), tmp_path / "ledger", writers=2, tps=60)
    with fleet.writing():
        run = migrate(seat)
        look_at_the_outcome(seat, run)
        found = run_of(stage.journal, DagRun(stack.api, "online", run))
        assert found is not None
        assert found.state == "window"
        go_back(seat, found.run_id)
    assert stage.journal.get_run(found.run_id).state == "rolled_back"
    assert {event.actor for event in stage.journal.events(found.run_id, kind="control")} == {"olga"}
    assert fleet.failed == 0
    with connect(from_environment("shop")) as db:
        verdict = reconcile(Ledger.read(fleet.ledger), audit.observe(db, stage.untouched))
    assert (verdict.clean, verdict.findings) == (True, [])
    assert verdict.acknowledged > 500


def migrate(seat: OperatorSeat) -> str:
    """Choose, trigger, approve, pause and resume, approve; return the DAG run's id."""
    form = seat.choose("online", "(orders_v2)")
    seat.picture("trigger")
    seat.fill(form, "Speed", {"Rows per batch": "5000", "Seconds between two batches": "0.5"})
    run = seat.send(form)
    seat.tab("online", run)
    seat.question("Begin")
    seat.picture("approve-plan")
    seat.approve()
    seat.tab("online", run)
    seat.pause()
    seat.picture("backfill-paused")
    seat.resume()
    seat.question("Cut over")
    seat.picture("approve-cutover")
    seat.approve()
    return run


def look_at_the_outcome(seat: OperatorSeat, run: str) -> None:
    """Wait for the open window, and read the report."""
    seat.tab("online", run)
    expect(seat.page.get_by_text("Rollback window", exact=False).first).to_be_visible(timeout=3 * PATIENCE)
    expect(seat.page.get_by_text("Success", exact=True).first).to_be_visible(timeout=PATIENCE)
    seat.picture("migration-run")
    report = seat.document("Report")
    expect(report.get_by_text("row diff", exact=False).first).to_be_visible()
    seat.picture("report")


def go_back(seat: OperatorSeat, run_id: str) -> None:
    """Choose the run from the rollback's list, trigger, and see that the old side is live."""
    form = seat.choose("rollback_online", run_id)
    seat.picture("rollback")
    seat.tab("rollback_online", seat.send(form))
    expect(seat.page.get_by_text("Rolled back", exact=True).first).to_be_visible(timeout=3 * PATIENCE)
    expect(seat.page.get_by_text("Success", exact=True).first).to_be_visible(timeout=PATIENCE)
    seat.picture("rolled-back")
    seat.migrations()
    seat.picture("migrations")
