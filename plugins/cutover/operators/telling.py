"""Let a task tell its stakeholders: never its reason to fail, never its reason to wait for long."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.journal.store import Journal
from cutover.messages import milestones
from cutover.messages.courier import Courier
from cutover.messages.outbox import Channel, Outbox
from cutover.notifications.channels import channel_for

log = logging.getLogger("cutover.operators")


@contextlib.contextmanager
def courier(ctx: RunContext, *, grace: float = 1.0) -> Iterator[None]:
    """Carry messages while the block runs, where the run has a channel.

    :param grace: seconds for which the end of the block waits for a channel that answers.
    """
    channel = _channel(ctx)
    if channel is None:
        yield
        return
    # A journal of its own: the courier must not wait for the step, nor the step for the courier.
    with (
        Journal(ctx.journal.info, patience=2.0) as journal,
        Courier(Outbox(journal, channel, ctx.run_id), grace=grace),
    ):
        yield


def say(journal: Journal, run_id: str, key: str, template: str | None = None, **values: Any) -> None:
    """Write a milestone down; a text that cannot be filled is logged and costs the message, not the step."""
    try:
        milestones.say(journal, run_id, key, template, **values)
    except CutoverError as error:
        log.warning("no message %r: %s", key, error)


def _channel(ctx: RunContext) -> Channel | None:
    try:
        return channel_for(ctx.journal.get_run(ctx.run_id).spec)
    except Exception as error:
        # Also a broken secrets backend or a connection that cannot be read.
        log.warning("no messages from this task: %s: %s", type(error).__name__, error)
        return None
