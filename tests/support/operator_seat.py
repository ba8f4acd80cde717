"""What an operator does in the browser: each method is one thing that a person would do and see."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import FrameLocator, Locator, Page, expect

PATIENCE = 60_000  # milliseconds; a page of Airflow may take its time on a busy machine
LARGEST = 300_000  # bytes of a picture


@dataclass
class OperatorSeat:
    """A browser page on Airflow, and where pictures of it go.

    :param base: Airflow's address.
    """

    page: Page
    base: str
    pictures: Path

    def sign_in(self, user: str, password: str) -> None:
        self.page.goto(self.base)
        self.page.fill("input[name=username]", user)
        self.page.fill("input[name=password]", password)
        self.page.get_by_role("button").first.click()
        expect(self.page.get_by_role("link", name="Migrations")).to_be_visible(timeout=PATIENCE)

    def open_form(self, dag_id: str) -> Locator:
        """Open the trigger form of a DAG and return it."""
        self.page.goto(f"{self.base}/dags/{dag_id}")
        self.page.get_by_role("button", name="Trigger").first.click()
        form = self.page.locator("[role=dialog][data-scope=dialog]")
        expect(form.get_by_text("Run Parameters")).to_be_visible(timeout=PATIENCE)
        return form

    def choose(self, dag_id: str, text: str) -> Locator:
        """Open the form and choose the entry that holds ``text`` from its list; return the form.

        The list is made when the DAG file is parsed, some seconds after what it lists has changed.
        """
        end = time.monotonic() + PATIENCE / 1000
        while True:
            form = self.open_form(dag_id)
            form.get_by_role("combobox").first.click()
            expect(self.page.get_by_role("option").first).to_be_visible()
            entry = self.page.get_by_role("option").filter(has_text=text)
            if entry.count() or time.monotonic() > end:
                entry.first.click()
                return form

    def send(self, form: Locator) -> str:
        """Press the form's button; return the id of the run that came of it, from Airflow's own answer."""
        button = form.get_by_role("button", name="Trigger")
        expect(button).to_be_enabled(timeout=PATIENCE)
        with self.page.expect_response(lambda a: a.url.endswith("/dagRuns") and a.request.method == "POST") as answer:
            button.click()
        assert answer.value.ok, answer.value.text()
        return str(answer.value.json()["dag_run_id"])

    def tab(self, dag_id: str, run: str) -> None:
        """Open the tab *Migration* of a DAG run."""
        self.page.goto(f"{self.base}/dags/{dag_id}/runs/{run}/plugin/migration")
        expect(self.page.get_by_role("list", name="Phases")).to_be_visible(timeout=PATIENCE)

    def question(self, subject: str) -> None:
        """Follow the tab's notice that the run waits for an answer."""
        notice = self.page.get_by_test_id("cutover-question").filter(has_text=subject)
        expect(notice).to_be_visible(timeout=2 * PATIENCE)
        notice.get_by_role("link").click()
        expect(self.page.get_by_role("button", name="Approve")).to_be_enabled(timeout=PATIENCE)

    def approve(self) -> None:
        with self.page.expect_response(lambda a: "hitlDetails" in a.url and a.request.method == "PATCH") as answer:
            self.page.get_by_role("button", name="Approve").click()
        assert answer.value.ok, answer.value.text()

    def fill(self, form: Locator, section: str, values: dict[str, str]) -> None:
        """Open a section of the form and fill in its fields, by their titles."""
        form.get_by_role("button", name=section).click()
        for title, value in values.items():
            field = form.get_by_label(title)
            field.fill(value)
            field.press("Tab")

    def pause(self) -> None:
        """Pause the copy as soon as it shows a share of its rows, by the live control."""
        share = self.page.get_by_text(re.compile(r"of (about )?[0-9,]+ · [1-9][0-9]? %")).first
        expect(share).to_be_visible(timeout=2 * PATIENCE)
        self.page.get_by_role("button", name="Pause", exact=True).click()
        expect(self.page.get_by_role("button", name="Resume", exact=True)).to_be_visible()
        expect(self.page.get_by_text("Paused", exact=True).first).to_be_visible()

    def resume(self) -> None:
        self.page.get_by_role("button", name="Resume", exact=True).click()
        expect(self.page.get_by_role("button", name="Pause", exact=True)).to_be_visible()

    def document(self, name: str) -> FrameLocator:
        """Open a document of the run and return the frame that shows it."""
        self.page.get_by_label(f"Open {name}", exact=True).click()
        return self.page.frame_locator(f"iframe[title='{name}']")

    def migrations(self) -> None:
        """Open the page *Migrations* from the navigation."""
        self.page.get_by_role("link", name="Migrations").click()
        expect(self.page.get_by_text("Recent runs")).to_be_visible(timeout=PATIENCE)

    def picture(self, name: str) -> None:
        """Keep a picture of what is on the screen."""
        self.page.mouse.move(0, 0)
        self.page.wait_for_load_state("networkidle")
        path = self.pictures / f"{name}.png"
        self.page.screenshot(path=path, animations="disabled")
        assert path.stat().st_size < LARGEST, f"{path.name} has {path.stat().st_size} bytes"
