"""Recorded Slack traffic as a text that a person reads from top to bottom."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from typing import Any

from localstack.slack_state import SlackState, channel_id_of

# What differs from run to run, by what stands for it.
FIGURES: tuple[tuple[str, str], ...] = (
    (r"\btrial\.\d{8}T\d{6}\b", "trial.<run>"),
    (r"\w+day \d+ \w+ \d{4}, \d\d:\d\d UTC", "<day and time>"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC", "<time>"),
    (r"<https?://[^|>]+\|", "<address|"),
    (r"\b[\d,.]+ (ms|s)\b", r"<n> \1"),
    (r"\b\d[\d,.]*( \w*)? (rows|bytes)\b", r"<n>\1 \2"),
    (r"\b[\d,.]+ ([kMG]B)\b", r"<n> \1"),
    (r"\b\d+ (checks|facts|tables)\b", r"<n> \1"),
    (r"PostgreSQL \d+\.\d+ to \d+\.\d+", "PostgreSQL <version> to <version>"),
)
# How far the copy is, is told by the clock: a small table is through before anybody looks.
BY_THE_CLOCK = re.compile(r"^\d+ % copied")


class Story:
    """Writes down, chapter by chapter, what each channel heard; within a channel in its order.

    :param heard_by: channel or webhook -> who reads there, in the order in which they are shown.
    """

    def __init__(self, state: SlackState, heard_by: dict[str, str]) -> None:
        self._state = state
        self._heard_by = heard_by
        self._seen = 0
        self._chapters: list[str] = []

    def chapter(self, title: str) -> None:
        """End a chapter, when everything that was on its way has arrived."""
        for thread in threading.enumerate():
            if thread.name == "cutover-courier":
                thread.join(30)
        new, self._seen = self._state.messages[self._seen :], len(self._state.messages)
        parts = [f"{'=' * 100}\n{title}\n{'=' * 100}"]
        for place, who in self._heard_by.items():
            told = [m for m in new if place == m.get("webhook") or m.get("channel_id") == channel_id_of(place)]
            parts += [f"--- {who}\n{_indented(text)}" for text in [*_texts(told), *_head(told)]]
        if len(parts) == 1:
            parts.append("(nobody is told anything)")
        self._chapters.append("\n\n".join(parts))

    def text(self) -> str:
        """Return the whole story, without the figures of this one run."""
        text = "\n\n\n".join(self._chapters) + "\n"
        for pattern, stands_for in FIGURES:
            text = re.sub(pattern, stands_for, text)
        return text


def _texts(messages: Iterable[dict[str, Any]]) -> Iterable[str]:
    for message in messages:
        if message["method"] != "chat.update" and not BY_THE_CLOCK.search(message["text"]):
            yield ("(in the thread)\n" if message.get("thread_ts") else "") + str(message["text"])


def _head(messages: list[dict[str, Any]]) -> Iterable[str]:
    """Yield what a thread's first message, which is updated in place, says by now: all but its small print."""
    updates = [str(message["text"]) for message in messages if message["method"] == "chat.update"]
    if updates:
        yield "(the first message of the thread now says)\n" + updates[-1].rpartition("\n\n")[0]


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())
