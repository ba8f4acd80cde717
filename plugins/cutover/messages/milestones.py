"""What is worth a message of its own: each milestone's key says it once per run, its text is a template."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from cutover.journal.records import Event, Run
from cutover.messages import facts
from cutover.messages.announcements.moments import EVENTS
from cutover.messages.head import documents
from cutover.messages.templates import render

KIND = "message"
SHARES = (25, 50, 75)


class Book(Protocol):
    """The part of the journal that is needed here."""

    def get_run(self, run_id: str) -> Run: ...

    def event(
        self, run_id: str, kind: str, text: str, actor: str | None = None, data: dict[str, Any] | None = None
    ) -> None: ...

    def events(self, run_id: str, kind: str | None = None) -> list[Event]: ...


def say(book: Book, run_id: str, key: str, template: str | None = None, **values: Any) -> None:
    """Write a milestone into the run's journal, filled as things are now; a courier sends it from there.

    Cheap and never in the way: one row, no channel. The same key again is not sent again.

    :param key: unique within the run (``"verified"``); a step that can repeat adds its own number.
    :param template: the text under ``include/messages``; the key's own name by default.
    :raises MessageTemplateBroken: the text cannot be filled.
    """
    run = book.get_run(run_id)
    places = documents(book.events(run_id, kind="link"))
    text = render(template or key, {**facts.of_run(run), **places, **values})
    data: dict[str, Any] = {"key": key}
    if (template or key) in EVENTS:
        # Audiences are told of it in words of their own.
        data |= {"template": template or key, "values": values}
    book.event(run_id, KIND, text, data=data)


def crossed(share: float, told: Collection[int]) -> int | None:
    """Return the quarter (25, 50 or 75) that is due at ``share`` of the rows.

    The highest when several are; none below one that was told, and none for a copy that is complete, because what
    follows says so.
    """
    due = max((quarter for quarter in SHARES if quarter / 100 <= share < 1), default=0)
    return due if due > max(told, default=0) else None
