"""One HTML page by itself: its style is inside, and nothing is loaded."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path

from cutover.validation.report.markup import Html, tag


def whole_page(title: str, body: Html) -> str:
    """Return the page of a document; ``body`` is markup already."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", Html(escape(title))),
        tag("style", Html(_style())),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', tag('main', body)), lang='en')}\n"


@cache
def _style() -> str:
    return (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
