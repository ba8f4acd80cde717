"""Turn a filled text into a message: Slack's Block Kit, and plain text for notifications and other channels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

# Slack refuses a message with a longer header or section.
HEADER_LIMIT = 150
SECTION_LIMIT = 3000
BLOCKS_LIMIT = 50

_MARKS = re.compile(r"^#\s+|^>\s?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: ``text`` for notifications and plain channels, ``blocks`` for Slack.

    :param tag: sent along unseen, so that a message can be found again of which nobody knows whether it arrived.
    """

    text: str
    blocks: list[dict[str, Any]]
    tag: str | None = None


def to_message(markup: str, tag: str | None = None) -> Message:
    """Read ``# header``, paragraphs, and ``> small print``, separated by blank lines."""
    paragraphs = [p.strip() for p in re.split(r"\n\s*\n", markup.strip()) if p.strip()]
    blocks = [block for paragraph in paragraphs for block in _blocks(paragraph)]
    return Message(text=_cut(_MARKS.sub("", markup.strip()), SECTION_LIMIT), blocks=blocks[:BLOCKS_LIMIT], tag=tag)


def _blocks(paragraph: str) -> list[dict[str, Any]]:
    if paragraph.startswith("# "):
        head, _, rest = paragraph.partition("\n")
        # A header takes plain text, in which Slack shows escaped characters as they are.
        title = _unescaped(head[2:].strip())
        header = {"type": "header", "text": {"type": "plain_text", "text": _cut(title, HEADER_LIMIT), "emoji": True}}
        return [header, *(_blocks(rest.strip()) if rest.strip() else [])]
    if paragraph.startswith(">"):
        text = "\n".join(line.lstrip(">").strip() for line in paragraph.splitlines())
        return [{"type": "context", "elements": [{"type": "mrkdwn", "text": _cut(text, SECTION_LIMIT)}]}]
    return [{"type": "section", "text": {"type": "mrkdwn", "text": _cut(paragraph, SECTION_LIMIT)}}]


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "\u2026"
