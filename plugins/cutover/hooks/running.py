"""Run the hooks of a moment, in the order of the spec, each until it has succeeded once."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from typing import Any

from cutover import recording
from cutover.context import RunContext
from cutover.hooks import facts, ledger
from cutover.hooks.command import run_command
from cutover.hooks.errors import HookFailed
from cutover.hooks.ledger import Ledger
from cutover.hooks.output import Output
from cutover.hooks.patience import patiently
from cutover.hooks.probe import probe
from cutover.hooks.webhook import send
from cutover.journal.check import Check
from cutover.journal.safe import scrubbed
from cutover.spec.window import Action, Hook, Moment

# By then the doors are open, or all is as it was: what fails is told, and breaks nothing that is done.
AFTERWARDS = frozenset({"opened", "rolled_back"})
SAID = 1000
LABEL = 80


def run(
    ctx: RunContext, moment: Moment, payload: Mapping[str, Any] | None = None, *, must: bool | None = None
) -> list[dict[str, Any]]:
    """Run the hooks of ``moment`` that have not succeeded yet, one after the other.

    A worker that dies between a hook's success and the journal's line about it has the hook run once more. A rehearsal
    runs none: connections are replaced by those of clones then, commands and URLs would still be production's.

    Hooks of ``opened`` and ``rolled_back`` are checks of the run as well (``HOOK``, a warning where one fails).

    :param payload: figures of this moment, JSON-safe: they go to commands and webhooks.
    :param must: whether a failure raises; by default before the doors are open again, and not after. On the way back
        nothing may keep the doors shut: there it is False.
    :returns: for each hook ``name``, ``kind``, ``ok``, ``seconds``, ``attempts``, ``said`` and ``error`` (None where it
        is ok); ``skipped`` says why one was not run now.
    :raises HookFailed: naming the hook, with the end of what it said; those after it are not run.
    :raises Cancelled: an operator stopped the step.
    """
    due = [(position, hook) for position, hook in enumerate(ctx.spec.hooks) if hook.when == moment]
    if not ctx.spec.hooks:
        return []
    if ctx.journal.get_run(ctx.run_id).dry_run:
        return [_skipped(ctx, position, hook, "this is a rehearsal") for position, hook in due]
    known = ledger.read(ctx)
    ledger.turn(ctx, known, moment)
    strict = moment not in AFTERWARDS if must is None else must
    return [_once(ctx, known, position, hook, payload or {}, strict=strict) for position, hook in due]


def label(hook: Action) -> str:
    """Return what people call a hook."""
    if hook.name:
        return hook.name
    shown = " ".join(hook.command) if hook.command else hook.url or hook.connection or ""
    return scrubbed(shown)[:LABEL]


def _spelled(hook: Action) -> str:
    """Return what is run, for the record; the address of a webhook is a secret."""
    if hook.command:
        return scrubbed(shlex.join(hook.command))
    return scrubbed(f"GET {hook.url}") if hook.url else f"POST to {hook.connection}"


def kind(hook: Action) -> str:
    """Return ``command``, ``url`` or ``webhook``."""
    return "command" if hook.command else "url" if hook.url else "webhook"


def _once(
    ctx: RunContext, known: Ledger, position: int, hook: Hook, payload: Mapping[str, Any], *, strict: bool
) -> dict[str, Any]:
    if position in known.done:
        return _skipped(ctx, position, hook, "it has succeeded before")
    name = label(hook)
    told = facts.document(ctx, hook.when, known.key(ctx.run_id, position), payload)
    ctx.log.info("hook %r (%s) begins", name, hook.when)
    began, attempts = time.monotonic(), 0

    def attempt() -> str:
        nonlocal attempts
        attempts += 1
        with recording.noted(ctx.run_id, "hook", hook.connection or "", _spelled(hook)):
            return attempt_once(ctx, hook, told)

    failure: HookFailed | None = None
    try:
        said = patiently(attempt, hook.retry_for.total_seconds(), ctx, name)
    except HookFailed as error:
        failure, said = error, error.said
    result = {
        **_named(position, hook),
        "ok": failure is None,
        "error": failure.short if failure else None,
        "seconds": round(time.monotonic() - began, 3),
        "attempts": attempts,
        "said": said[-SAID:],
    }
    ledger.done(ctx, hook.when, result)
    if hook.when in AFTERWARDS:
        ctx.journal.record_check(ctx.run_id, _check(hook, result))
    if failure is None:
        ctx.log.info("hook %r (%s) succeeded after %.1f s", name, hook.when, result["seconds"])
    elif strict:
        raise failure.of(name, hook.when)
    else:
        ctx.log.error("%s", failure.of(name, hook.when))
    return result


def _check(hook: Hook, result: dict[str, Any]) -> Check:
    """Return the verdict that a run's page and report show; it warns, for what is done is done."""
    figures = {name: result[name] for name in ("seconds", "attempts")}
    text = result["error"] or f"succeeded after {result['seconds']:g} s"
    return Check(
        "HOOK", f"hook ({hook.when.replace('_', ' ')})", result["ok"], "warning", text, figures, result["name"]
    )


def _named(position: int, hook: Hook) -> dict[str, Any]:
    return {"hook": position, "name": label(hook), "kind": kind(hook)}


def _skipped(ctx: RunContext, position: int, hook: Hook, why: str) -> dict[str, Any]:
    ctx.log.info("hook %r (%s) is not run: %s", label(hook), hook.when, why)
    untouched = {"ok": True, "error": None, "seconds": 0.0, "attempts": 0, "said": "", "skipped": why}
    return {**_named(position, hook), **untouched}


def attempt_once(ctx: RunContext, hook: Action, told: Mapping[str, Any]) -> str:
    """Run or call it once, and return what it said.

    :param told: what it is told of the run, with ``id``: the same for each attempt at one doing of it.
    :raises HookFailed: it did not succeed.
    :raises Cancelled: an operator stopped the step.
    """
    timeout = hook.timeout.total_seconds()
    if hook.command:
        output = Output(ctx.log, label(hook))
        known = facts.variables(told)
        return run_command(hook.command, output=output, cancel=ctx.cancel, timeout=timeout, facts=known)
    if hook.url:
        return probe(hook.url, expect=hook.expect, timeout=timeout, cancel=ctx.cancel)
    assert hook.connection
    return send(hook.connection, ctx.resolve, told, key=told["id"], timeout=timeout, cancel=ctx.cancel)
