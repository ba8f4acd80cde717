"""Try again what may pass, with growing pauses, until it succeeds or its time is over."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from cutover.context import RunContext
from cutover.hooks.errors import HookFailed

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 5.0


def patiently(attempt: Callable[[], str], retry_for: float, ctx: RunContext, name: str) -> str:
    """Return what ``attempt`` returns at last; the last attempt begins when ``retry_for`` seconds have gone by.

    :raises HookFailed: of the last attempt, or one that no waiting can mend.
    :raises Cancelled: an operator stopped the step.
    """
    deadline, pause = time.monotonic() + retry_for, FIRST_PAUSE
    while True:
        try:
            return attempt()
        except HookFailed as error:
            left = deadline - time.monotonic()
            if left <= 0 or not error.may_pass:
                raise
            ctx.log.info("hook %r: %s It is tried again for %.0f s.", name, error.short, left)
        ctx.cancel.wait(min(pause * random.uniform(0.8, 1.2), left))
        pause = min(pause * 2, LONGEST_PAUSE)
