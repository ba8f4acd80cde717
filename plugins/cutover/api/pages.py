"""Small HTML pages that the server writes itself: an error, a rendered Markdown document. No script, no link out."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@cache
def _style() -> str:
    return (Path(__file__).parent / "static" / "page.css").read_text(encoding="utf-8")


@cache
def _markdown() -> MarkdownIt:
    # Raw HTML in a document is shown, not obeyed; images would be fetched from elsewhere, so they stay text.
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def page(title: str, body: str, theme: str | None = None) -> str:
    """Wrap ``body``, HTML that is already safe; ``theme`` is ``light``, ``dark`` or None: as the browser likes it."""
    chosen = f' data-theme="{theme}"' if theme in ("light", "dark") else ""
    return (
        f'<!doctype html>\n<html lang="en"{chosen}>\n<head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{_style()}</style></head>\n'
        f"<body><main>{body}</main></body></html>\n"
    )


def markdown_page(title: str, text: str, theme: str | None = None) -> str:
    """Render a Markdown document; links keep only the schemes that markdown-it holds for safe."""
    return page(title, _markdown().render(text), theme)


def error_page(status: int, code: str, what: str, fix: str | None) -> str:
    """Say what happened and what mends it."""
    mend = f'<p class="fix"><b>To mend it:</b> {escape(fix)}</p>' if fix else ""
    return page(f"{status}", f"<h1>{status}</h1><p><code>{escape(code)}</code> {escape(what)}</p>{mend}")
