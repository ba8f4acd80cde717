"""Announcements in tests: a migration with three audiences, and turns, also in a process that dies in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cutover import points
from cutover.messages.announcements.turn import ChannelOf, Turn, take_turn
from cutover.notifications.slack import SlackChannel
from cutover.spec.announcing import Announce, Audience
from cutover.spec.models import Migration
from localstack.places import ROOT
from localstack.slack_state import SlackState

if TYPE_CHECKING:
    from cutover.journal.store import Journal

TOKEN = "xoxb-made-up-for-tests"
PLACES: dict[str, Any] = {
    "developers": {"channel": "#dev"},
    "operations": {"channel": "#ops"},
    "end_users": {"channel": "#users", "service": "the shop"},
}
URL = "CUTOVER_TEST_SLACK"


def migration(window_start: datetime | None, audiences: dict[str, Any] | None = None, name: str = "trial") -> Migration:
    """Return a migration of which somebody is told."""
    announce = Announce.model_validate({"window_start": window_start, "audiences": audiences or PLACES})
    return Migration(name=name, title="A trial", strategy="online", owner="tests", source="shop", announce=announce)


def channels(url: str, timeout: int = 2) -> ChannelOf:
    """Return what finds an audience's channel at a recording endpoint."""

    def find(audience: Audience) -> SlackChannel:
        return SlackChannel(str(audience.channel), TOKEN, base_url=f"{url}/api", timeout=timeout)

    return find


def turn(journal: Journal, url: str, specs: Sequence[Migration] = (), *, at: datetime | None = None) -> Turn:
    """Take one turn, as if it were ``at``."""
    clock: Callable[[], datetime] = lambda: at or datetime.now(UTC)  # noqa: E731
    return take_turn(journal, specs, channels(url), clock=clock)


def said(state: SlackState, channel: str | None = None) -> list[str]:
    """Return the first lines of what was posted, in order."""
    posted = [m for m in state.messages if m["method"] == "chat.postMessage" and channel in (None, m["channel"])]
    return [m["text"].splitlines()[0] for m in posted]


def grow_stale(journal: Journal) -> None:
    """Let all claims be older than any attempt to send takes."""
    journal.attempt(
        lambda db: db.execute(
            "update cutover_journal.announcement set claimed_at = claimed_at - %s", (timedelta(minutes=3),)
        )
    )


def dying_turn(journal: Journal, url: str, begins: datetime, at: str) -> int:
    """Take a turn over a migration in a process of its own, which dies ``at`` a point; return how it ended."""
    path = os.pathsep.join(str(ROOT / name) for name in ("plugins", "bin", "tests"))
    environment = {**os.environ, "PYTHONPATH": path, URL: url, points.VARIABLE: at}
    command = [sys.executable, "-m", "support.announcing_child", journal.info.conninfo(), begins.isoformat()]
    return subprocess.run(command, env=environment, timeout=120, check=False).returncode
