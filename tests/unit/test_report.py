"""The report: every value escaped, nothing loaded, the verdict by words, JSON that any parser takes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutover.journal.check import Check
from cutover.postgres.rowdiff import ColumnDifference, Difference, RowDiff
from cutover.validation.report import render_html, render_json
from cutover.validation.report.markup import VOID

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
RUN = {
    "run_id": "leads_v2.20261201T020000",
    "migration": "leads_v2",
    "state": "verifying",
    "spec": {"secret": "hunter2"},
}
GOOD = Check("ROW_COUNT", "row count", True, "error", "5 rows on both sides", {"left": 5}, "public.leads")
BAD = Check("ROW_DIFF", "row diff", False, "error", "1 changed", {}, "public.leads")
WARNING = Check("SUITE", "email looks right", False, "warning", "3 rows", {}, "public.leads")
NASTY = [
    "<script>alert(1)</script>",
    '" onload="x',
    "'\"><img src=x onerror=y>",
    "&amp;",
    "]]>",
    "</style>",
    "<!--",
    "a\u202eb\u200bc\x00\n",
]


class Page(HTMLParser):
    """Collects what a browser would see: elements, attributes, text; and insists that elements nest."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError("no comment is written, so this one came out of a value")


def diff_of(text: str | None, other: str | None = None) -> RowDiff:
    column = ColumnDifference(text or "c", text, other)
    return RowDiff(
        rows_left=1,
        changed=1,
        missing_right=1,
        columns={text or "c": 1},
        differences=(Difference("changed", {"id": text or "1"}, (column,)), Difference("missing_right", {"id": "2"})),
    )


def page(checks: list[Check], diffs: dict[str, RowDiff] | None = None, **run: Any) -> Page:
    return Page(render_html("Leads", {**RUN, **run}, checks, diffs or {}, now=NOW))


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ([GOOD], "✓ Safe to cut over: all 1 checks passed."),
        ([GOOD, BAD, WARNING], "✗ Do not cut over: 1 of 3 checks failed."),
        ([GOOD, WARNING], "! Safe to cut over; 1 of 2 checks gave a warning or a hint."),
        ([], "! Nothing has been checked yet."),
    ],
)
def test_the_verdict_comes_first_and_in_words(checks: list[Check], said: str) -> None:
    text = page(checks).text
    assert said in text
    assert text.index(said) < text.index("All checks")


def test_failures_come_before_everything_else_the_worst_first() -> None:
    text = page([GOOD, WARNING, BAD]).text
    wrong = text[text.index("What is wrong") : text.index("All checks")]
    assert wrong.index("row diff") < wrong.index("email looks right")
    assert "row count" not in wrong
    assert "What is wrong" not in page([GOOD]).text


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_gets_out_of_its_place(nasty: str) -> None:
    """In every field that holds a foreign text: title, run, check, figures, key, column, values."""
    check = Check("SUITE", nasty, False, "error", nasty, {nasty: nasty, "rows": [{nasty: nasty}]}, nasty)
    html = render_html(nasty, {**RUN, "triggered_by": nasty}, [check], {nasty: diff_of(nasty, nasty)}, now=NOW)
    harmless = render_html(
        "x",
        {**RUN, "triggered_by": "x"},
        [Check("SUITE", "x", False, "error", "x", {"x": "x", "rows": [{"x": "x"}]}, "x")],
        {"x": diff_of("x", "x")},
        now=NOW,
    )
    elements = [tag for tag, _ in Page(html).elements if tag != "span"]
    assert elements == [tag for tag, _ in Page(harmless).elements if tag != "span"]
    attributes = {name for _, attrs in Page(html).elements for name in attrs}
    assert attributes <= {
        "class",
        "role",
        "aria-label",
        "tabindex",
        "scope",
        "lang",
        "charset",
        "name",
        "content",
        "title",
    }


@given(st.text(), st.text())
def test_any_text_makes_a_page_that_nests(one: str, other: str) -> None:
    check = Check("SUITE", one, False, "info", other, {one: other}, one)
    Page(render_html(one, {"run_id": other}, [check], {one: diff_of(other, one)}, now=NOW))


def test_nothing_is_loaded_and_nothing_runs() -> None:
    html = render_html("Leads", RUN, [GOOD, BAD], {"public.leads": diff_of("a", "b")}, now=NOW)
    assert {tag for tag, _ in Page(html).elements}.isdisjoint(
        {"script", "link", "img", "iframe", "object", "a", "form", "base"}
    )
    for loader in ("url(", "@import", "http:", "https:", "//", "javascript:", "src="):
        assert loader not in html


def test_null_empty_and_the_word_null_look_different() -> None:
    shown = {kind: page([], {"t": diff_of("x", kind)}).text for kind in (None, "", "NULL", " ")}
    assert len(set(shown.values())) == 4
    html = render_html("t", {}, [], {"t": diff_of(None, "NULL")}, now=NOW)
    assert '<span class="null">NULL (no value)</span>' in html
    assert "<code>NULL</code>" in html


def test_characters_that_hide_or_reorder_are_named() -> None:
    text = page([], {"t": diff_of("user\u202egnp.exe", "a\tb\u00a0c\u200b")}).text
    assert "userU+202Egnp.exe" in text
    assert "a\\tbU+00A0cU+200B" in text


def test_the_spec_with_its_texts_is_left_out() -> None:
    assert "hunter2" not in render_html("t", RUN, [GOOD], {}, now=NOW)
    assert "hunter2" not in render_json("t", RUN, [GOOD], {}, now=NOW)


def test_accessible_by_structure() -> None:
    found = page([GOOD, BAD], {"public.leads": diff_of("a", "b")})
    tags = [tag for tag, _ in found.elements]
    assert tags.count("h1") == 1
    assert tags.count("table") == tags.count("caption")
    assert all(attrs.get("scope") == "col" for tag, attrs in found.elements if tag == "th")
    assert ("html", {"lang": "en"}) in found.elements
    regions = [attrs for tag, attrs in found.elements if attrs.get("role") == "region"]
    assert all(attrs["aria-label"] and attrs["tabindex"] == "0" for attrs in regions)


def test_light_and_dark() -> None:
    html = render_html("t", {}, [], {}, now=NOW)
    assert "prefers-color-scheme: dark" in html
    assert "color-scheme: light dark" in html


def test_json_holds_everything_and_is_strict() -> None:
    odd = Check("BASELINE", "q", True, "info", "s", {"ratio": float("nan"), "worst": float("inf"), "at": NOW})

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    report = json.loads(
        render_json("Leads", {**RUN, "started_at": NOW}, [GOOD, odd], {"public.leads": diff_of("a", None)}, now=NOW),
        parse_constant=refuse,
    )
    assert report["ok"] is True
    assert report["generated_at"] == "2026-12-01T03:00:00+00:00"
    assert report["checks"][0] == {
        "code": "ROW_COUNT",
        "name": "row count",
        "ok": True,
        "severity": "error",
        "summary": "5 rows on both sides",
        "figures": {"left": 5},
        "object": "public.leads",
    }
    assert report["checks"][1]["figures"]["ratio"] == "nan"
    found = report["row_diffs"]["public.leads"]
    assert found["differences"][0]["columns"] == [{"name": "a", "left": "a", "right": None}]
    assert json.loads(render_json("t", {}, [GOOD, BAD], {}))["ok"] is False
