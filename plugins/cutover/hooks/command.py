"""A hook that runs a program: no shell, little environment, its output in the log while it runs."""

from __future__ import annotations

import os
import select
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from cutover.context import CancelToken
from cutover.hooks.errors import CommandNotStarted, HookFailed, HookTimedOut
from cutover.hooks.group import Group
from cutover.hooks.output import Output
from cutover.sqlfiles import include_folder

LOOK_SECONDS = 0.05
# Of 64 kB: what is left in the pipe when a program has ended, though its children go on talking.
LAST_READS = 64
# What a program needs to run at all. Everything else in a task's environment may be a secret.
PASSED_ON = ("PATH", "HOME", "LANG", "TZ")


def run_command(
    command: Sequence[str],
    *,
    output: Output,
    cancel: CancelToken,
    timeout: float,
    facts: Mapping[str, str],
) -> str:
    """Run ``command`` to its end and return the last lines of its output.

    Its children are ended with it when it fails, is stopped or takes too long; after a success they are left alone.

    :param timeout: seconds.
    :param facts: further variables of its environment.
    :raises CommandNotStarted: there is no such program.
    :raises HookTimedOut: it was ended.
    :raises HookFailed: its exit code is not 0.
    :raises Cancelled: an operator stopped the step.
    """
    group = _started(command, facts)
    forget = cancel.on_cancel(group.end)
    done = False
    try:
        _follow(group, output, cancel, timeout)
        done = group.succeeded() and not cancel.cancelled
    finally:
        forget()
        if not done:
            group.end()
        code = group.reap()
    cancel.check()
    if code:
        how = f"was ended by {_signal(-code)}" if code < 0 else f"ended with {code}"
        raise HookFailed(f"it {how}.", said=output.tail(), fix="see its output in the task's log.")
    return output.tail()


def find_program(program: str) -> str | None:
    """Return the path of a program: on the PATH, or where it has a slash below the project's folder; None: nowhere."""
    if os.sep in program:
        path = home() / program
        return str(path) if path.is_file() and os.access(path, os.X_OK) else None
    return shutil.which(program, path=os.environ.get("PATH", os.defpath))


def home() -> Path:
    """Return the folder in which commands run: the one that holds ``dags``, ``plugins`` and ``include``."""
    return include_folder().absolute().parent


def _started(command: Sequence[str], facts: Mapping[str, str]) -> Group:
    program = find_program(command[0])
    where = f"in {home()}" if os.sep in command[0] else "on the PATH"
    fix = f"install it where tasks run ({where}), executable, or correct the spec's `command`."
    if program is None:
        raise CommandNotStarted(f"there is no program {command[0]!r} {where}.", fix=fix)
    env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    try:
        return Group([program, *command[1:]], {"PATH": os.defpath, **env, **facts}, home())
    except OSError as error:
        raise CommandNotStarted(f"{command[0]!r} cannot be started: {error.strerror}.", fix=fix) from None


def _follow(group: Group, output: Output, cancel: CancelToken, timeout: float) -> None:
    """Hand on what it says until it has ended.

    Not until its output is closed: what it leaves running in the background may hold that for ever.
    """
    deadline = time.monotonic() + timeout
    try:
        while not group.ended():
            cancel.check()
            if time.monotonic() >= deadline:
                output.end()
                raise HookTimedOut(f"it was ended after {timeout:g} s.", said=output.tail(), fix="raise its `timeout`.")
            if not _read(group, output, LOOK_SECONDS):
                cancel.wait(LOOK_SECONDS)  # it has closed its output and goes on
        for _ in range(LAST_READS):
            if not _read(group, output, 0):
                break
    finally:
        output.end()


def _read(group: Group, output: Output, patience: float) -> bool:
    """Take what there is, waiting for it; return False at the end of it (or, without patience, when there is none)."""
    ready, _, _ = select.select([group.output], [], [], patience)
    if not ready:
        return patience > 0
    chunk = os.read(group.output.fileno(), 65536)
    output.take(chunk)
    return bool(chunk)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
