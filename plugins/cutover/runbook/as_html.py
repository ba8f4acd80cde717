"""A page as one HTML file, made as the report of a verification is: escaped by construction, nothing loaded."""

from __future__ import annotations

from cutover.runbook import page
from cutover.runbook.page import Block, Page, Part, Text
from cutover.validation.report.markup import Html, join, table, tag
from cutover.validation.report.page import whole_page


def to_html(document: Page) -> str:
    """Return the document as an HTML page with its style inside."""
    body = [tag("h1", document.title), tag("p", document.note, class_="muted")]
    return whole_page(document.title, join([*body, *(_block(block, 2) for block in document.blocks)]))


def _text(text: Text) -> Html:
    return join(_part(part) for part in page.parts(text))


def _part(part: Part) -> Html:
    match part:
        case page.Code(text):
            return tag("code", text) if text else Html("")
        case page.Strong(text):
            return tag("strong", text)
        case page.Link(text, url):
            return tag("a", text, href=url, rel="noopener", target="_blank") if part.safe else join([text])
        case _:
            return join([part])


def _block(block: Block, level: int) -> Html:
    match block:
        case page.Section(title, blocks):
            return tag("section", tag(f"h{min(level, 6)}", title), *(_block(inner, level + 1) for inner in blocks))
        case page.Folded(summary, blocks):
            return tag("details", tag("summary", summary), *(_block(inner, level + 1) for inner in blocks))
        case page.Verdict(kind, text):
            return tag("p", text, class_=f"verdict {kind}", role="status")
        case page.Paragraph(text):
            return tag("p", _text(text))
        case page.Facts(pairs):
            return tag("dl", *(join([tag("dt", name), tag("dd", _text(value))]) for name, value in pairs))
        case page.Items(items):
            return tag("ul", *(tag("li", _text(item)) for item in items))
        case page.Blanks(prompts):
            return tag("ul", *(tag("li", tag("strong", name), " ", hint) for name, hint in prompts), class_="blanks")
        case page.Listing(text, _):
            return tag("pre", tag("code", text), tabindex="0")
        case page.Table(label, head, rows):
            return table(head, ([_text(cell) for cell in row] for row in rows), label=label)
