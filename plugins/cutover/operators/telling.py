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
from cutover.messages.announcements import box
from cutover.messages.announcements.running import audiences_of
from cutover.messages.courier import Couriers, Load
from cutover.messages.outbox import Outbox
from cutover.notifications.channels import channel_for, channel_of

log = logging.getLogger("cutover.operators")


@contextlib.contextmanager
def courier(ctx: RunContext, *, grace: float = 1.0) -> Iterator[None]:
    """Carry messages while the block runs: the run's thread, and the announcements to each audience.

    :param grace: seconds for which the end of the block waits for channels that answer.
    """
    # A journal of its own: the couriers must not wait for the step, nor the step for the couriers.
    with Journal(ctx.journal.info, patience=2.0) as journal:
        loads = _loads(ctx, journal)
        if not loads:
            yield
            return
        with Couriers(loads, grace=grace):
            yield


def say(journal: Journal, run_id: str, key: str, template: str | None = None, **values: Any) -> None:
    """Write a milestone down; a text that cannot be filled is logged and costs the message, not the step."""
    try:
        milestones.say(journal, run_id, key, template, **values)
    except CutoverError as error:
        log.warning("no message %r: %s", key, error)


def _loads(ctx: RunContext, journal: Journal) -> list[Load]:
    """Return what is to be carried; connections are asked for here, in the task's own thread."""
    found: list[Load] = []
    try:
        run = ctx.journal.get_run(ctx.run_id)
        if run.rehearsal_of:
            return found  # what the night has to say is said once, for all rehearsals together
        thread = channel_for(run.spec)
        if thread is not None:
            found.append(Outbox(journal, thread, ctx.run_id))
        for name, audience in audiences_of(run).items():
            channel = channel_of(audience)
            if channel is not None:
                found.append(box.Box(journal, channel, ctx.run_id, box.of_run(journal, ctx.run_id, name, audience)))
    except Exception as error:
        # Also a broken secrets backend or a connection that cannot be read.
        log.warning("not all messages from this task: %s: %s", type(error).__name__, error)
    return found
