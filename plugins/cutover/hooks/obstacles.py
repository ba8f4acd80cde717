"""Look at the hooks before anything is closed: a program that is missing then costs a downtime later."""

from __future__ import annotations

from cutover.context import RunContext
from cutover.hooks.command import find_program, home
from cutover.hooks.errors import HookFailed
from cutover.hooks.running import label
from cutover.hooks.webhook import usable
from cutover.spec.window import Hook


def obstacles(ctx: RunContext) -> list[str]:
    """Return what keeps hooks from working where this runs, a sentence each. Runs and calls nothing."""
    return [f"hook {label(hook)!r} ({hook.when}): {found}" for hook in ctx.spec.hooks if (found := _missing(ctx, hook))]


def _missing(ctx: RunContext, hook: Hook) -> str | None:
    if hook.command and find_program(hook.command[0]) is None:
        return f"there is no program {hook.command[0]!r} that can be run, neither on the PATH nor in {home()}."
    if hook.connection:
        try:
            usable(hook.connection, ctx.resolve)
        except HookFailed as error:
            return error.short
    return None
